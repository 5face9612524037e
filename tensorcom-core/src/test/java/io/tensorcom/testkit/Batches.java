// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Batches with content that can be told from its index, and hashes of content. */
public final class Batches {
  private static final DType[] DTYPES = DType.values();

  private Batches() {}

  /** Makes a tensor filled with bytes that depend on the seed alone. */
  public static Tensor random(TensorPool pool, long seed, DType dtype, long... shape) {
    Tensor tensor = Tensor.allocate(pool, dtype, shape);
    byte[] bytes = new byte[tensor.byteSize()];
    new Random(seed).nextBytes(bytes);
    tensor.data().put(bytes);
    return tensor;
  }

  /** Makes a batch of several dtypes and shapes that depend on the index alone. */
  public static TensorBatch numbered(TensorPool pool, int index) {
    List<Tensor> tensors = new ArrayList<>();
    for (int k = 0; k < 1 + index % 3; k++) {
      DType dtype = DTYPES[(index + k) % DTYPES.length];
      tensors.add(random(pool, index * 31L + k, dtype, 1 + index % 5, 7, 3).info("n" + k));
    }
    return TensorBatch.of(tensors);
  }

  /** {@return the sha256 of a tensor's data, in hexadecimal} */
  public static String sha256(Tensor tensor) {
    return sha256(tensor.data());
  }

  /** {@return the sha256 of what remains in a buffer, in hexadecimal} */
  public static String sha256(ByteBuffer data) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(data.duplicate());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** {@return everything that must survive the network: dtypes, shapes, infos and data} */
  public static String describe(TensorBatch batch) {
    StringBuilder text = new StringBuilder();
    for (Tensor tensor : batch) {
      text.append(tensor).append(' ').append(sha256(tensor)).append('\n');
    }
    return text.toString();
  }
}
