// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.nio.charset.StandardCharsets;

/**
 * Up to eight ASCII characters in one little-endian int64, NUL-padded at the end: how dtype codes
 * and infos stand in a tensor header.
 */
public final class AsciiWord {
  private AsciiWord() {}

  /**
   * Packs text into a word.
   *
   * @throws IllegalArgumentException if the text is longer than eight characters, is not ASCII or
   *     holds a NUL
   */
  public static long pack(String text) {
    byte[] ascii = text.getBytes(StandardCharsets.UTF_8);
    long word = 0;
    for (int i = 0; i < Math.min(8, ascii.length); i++) {
      if (ascii[i] <= 0) {
        throw new IllegalArgumentException("not ASCII, or holds a NUL: text=" + text);
      }
      word |= (long) ascii[i] << (8 * i);
    }
    if (ascii.length > 8) {
      throw new IllegalArgumentException(
          "text too long: text=" + text + ", length=" + ascii.length + " (expected: <= 8)");
    }
    return word;
  }

  /** {@return whether the word is ASCII characters followed by nothing but NULs} */
  public static boolean isValid(long word) {
    boolean ended = false;
    for (int i = 0; i < 8; i++) {
      byte c = (byte) (word >>> (8 * i));
      if (c < 0 || (ended && c != 0)) {
        return false;
      }
      ended |= c == 0;
    }
    return true;
  }

  /** {@return the characters of a {@linkplain #isValid valid} word, without the padding} */
  public static String unpack(long word) {
    StringBuilder text = new StringBuilder(8);
    for (long rest = word; rest != 0; rest >>>= 8) {
      text.append((char) (rest & 0xff));
    }
    return text.toString();
  }
}
