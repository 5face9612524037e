// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class OwnServerTest {
  @Test
  void shouldCloseWhatWasPreparedWhenAnotherBatchFailed() {
    try (TensorPool pool = TensorPool.ofBudget(1 << 20)) {
      TensorBatch prepared = TensorBatch.of(Tensor.allocate(pool, DType.UINT8, 8));
      List.of(
              CompletableFuture.<TensorBatch>failedFuture(new IllegalStateException("no sample")),
              CompletableFuture.completedFuture(prepared))
          .forEach(OwnServer::giveBack);

      assertThat(pool.stats().leases()).isZero();
    }
  }
}
