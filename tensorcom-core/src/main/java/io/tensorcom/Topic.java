// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.tensor.AsciiWord;
import io.tensorcom.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a SUB subscribes to: a prefix of a message's first frame, as ZeroMQ matches it.
 *
 * <p>In the multipart encoding the first frame is the header of the first tensor, which begins with
 * its dtype code and its info. Immutable.
 */
public final class Topic {
  /** Everything. */
  public static final Topic ALL = new Topic(new byte[0]);

  private final byte[] prefix;

  private Topic(byte[] prefix) {
    this.prefix = prefix;
  }

  /** {@return the topic of batches whose first tensor has this dtype} */
  public static Topic of(DType dtype) {
    return new Topic(words(dtype.codeWord()));
  }

  /** {@return the topic of batches whose first tensor has this dtype and exactly this info} */
  public static Topic of(DType dtype, String info) {
    return new Topic(words(dtype.codeWord(), AsciiWord.pack(info)));
  }

  /** {@return the topic of messages whose first frame begins with these bytes} */
  public static Topic ofPrefix(byte[] prefix) {
    return new Topic(prefix.clone());
  }

  /**
   * Decodes a URL's fragment: {@code %XX} is a byte, everything else stands for itself in UTF-8.
   *
   * @throws IllegalArgumentException if a percent sign is not followed by two hexadecimal digits
   */
  public static Topic parse(String fragment) {
    byte[] text = fragment.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    for (int i = 0; i < text.length; i++) {
      if (text[i] != '%') {
        prefix.write(text[i]);
        continue;
      }
      boolean complete = i + 2 < text.length;
      int high = complete ? Character.digit(text[i + 1], 16) : -1;
      int low = complete ? Character.digit(text[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw new IllegalArgumentException(
            "percent sign without two hexadecimal digits: topic=" + fragment);
      }
      prefix.write(high * 16 + low);
      i += 2;
    }
    return new Topic(prefix.toByteArray());
  }

  /** {@return a copy of the bytes that the first frame must begin with} */
  public byte[] prefix() {
    return prefix.clone();
  }

  private static byte[] words(long... words) {
    ByteBuffer buffer =
        ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asLongBuffer().put(words);
    return buffer.array();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Topic topic && Arrays.equals(prefix, topic.prefix);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(prefix);
  }

  /** {@return the topic as a URL's fragment} */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (byte b : prefix) {
      if (b > ' ' && b < 127 && b != '%' && b != '#') {
        text.append((char) b);
      } else {
        text.append(String.format("%%%02X", b & 0xff));
      }
    }
    return text.toString();
  }
}
