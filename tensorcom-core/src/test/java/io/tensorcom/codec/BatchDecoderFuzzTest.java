// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Coverage-guided fuzzing of the decoder: with {@code JAZZER_FUZZ=1} it searches, otherwise it runs
 * the inputs it knows.
 */
@EnabledIf("isFuzzerQuiet")
final class BatchDecoderFuzzTest {
  private static final DecodeLimits LIMITS = new DecodeLimits(128, 1 << 20, 4096);

  static boolean isFuzzerQuiet() {
    boolean quiet = Runtime.version().feature() < 24;
    if (!quiet) {
      System.out.println(
          "SKIPPED: the fuzzer needs sun.misc.Unsafe, which warns on this JDK; run it on JDK 17");
    }
    return quiet;
  }

  @FuzzTest(maxDuration = "30s")
  void shouldRefuseOrDecodeWhenBytesAreAnything(FuzzedDataProvider data) {
    TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
    int frames = data.consumeInt(0, 6);
    List<ByteBuffer> views = new ArrayList<>();
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < frames; i++) {
      byte[] bytes = i == frames - 1 ? data.consumeRemainingAsBytes() : data.consumeBytes(128);
      Lease lease = pool.lease(bytes.length);
      lease.buffer().put(bytes);
      leases.add(lease);
      views.add(lease.buffer());
    }
    try (TensorBatch batch =
        new BatchDecoder(LIMITS, pool).decode(Message.inbound(views, leases, "fuzz"))) {
      for (Tensor tensor : batch) {
        if (tensor.data().remaining() != Tensor.byteSize(tensor.dtype(), tensor.shape())) {
          throw new AssertionError("data and shape differ: " + tensor);
        }
      }
    } catch (MalformedBatchException e) {
      // The one way to refuse.
    }
    if (pool.stats().leases() != 0) {
      throw new AssertionError("leaked: " + pool);
    }
  }
}
