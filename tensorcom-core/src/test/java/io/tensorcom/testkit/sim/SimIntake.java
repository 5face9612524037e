// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.codec.BatchDecoder;
import io.tensorcom.codec.DecodeLimits;
import io.tensorcom.codec.MalformedBatchException;
import io.tensorcom.stream.EndNotice;
import io.tensorcom.stream.StreamLedger;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.zmtp.SourceCore;

/**
 * What a receiver does with messages of strangers, as {@link io.tensorcom.TensorReceiver} does:
 * ends and batches are entered, and who sent what is no batch is sent away.
 */
final class SimIntake {
  private static final int MOST_STREAMS = 1024;

  private final SourceCore core;
  private final StreamLedger ledger;
  private final BatchDecoder decoder;
  private int malformed;

  SimIntake(SourceCore core, StreamLedger ledger, TensorPool pool) {
    this.core = core;
    this.ledger = ledger;
    decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
  }

  /** Takes a message; {@return what gives back the memory of the batch in it} */
  Runnable take(Message message) {
    String peer = message.peer();
    if (message.isCommand()) {
      EndNotice end = EndNotice.decode(message.piece(0));
      message.release();
      if (end != null) {
        ledger.ended(end, peer);
      }
      return () -> {};
    }
    TensorBatch batch;
    try {
      batch = decoder.decode(message);
    } catch (MalformedBatchException e) {
      malformed++;
      core.closePeer(peer);
      return () -> {};
    }
    BatchOrigin origin = batch.origin();
    if (origin != null) {
      ledger.received(origin, peer);
    }
    assertThat(batch.get(0).data().get(0)).as("a bad batch").isEqualTo(SimScript.GOOD);
    return batch::close;
  }

  /** {@return messages that were no batch} */
  int malformed() {
    return malformed;
  }

  /** The book must not grow with what strangers make up, nor forget others for it. */
  void check() {
    assertThat(ledger.streams()).as("streams").hasSizeLessThanOrEqualTo(MOST_STREAMS);
  }
}
