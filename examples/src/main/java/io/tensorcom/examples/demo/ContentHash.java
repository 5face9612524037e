// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over all that a batch holds: dtypes, shapes, infos and data. */
final class ContentHash {
  private ContentHash() {}

  /** {@return the hash in hexadecimal digits} */
  static String of(TensorBatch batch) {
    MessageDigest digest = sha256();
    digest.update(longs(batch.size()));
    for (Tensor tensor : batch) {
      digest.update(tensor.dtype().code().getBytes(StandardCharsets.US_ASCII));
      digest.update(longs(tensor.infoWord(), tensor.rank()));
      digest.update(longs(tensor.shape()));
      digest.update(tensor.data());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static byte[] longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
