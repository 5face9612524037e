// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.codec;

import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.Encoding;
import io.tensorcom.codec.HeaderExtension;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a receiver gets of a batch, in leased memory; it comes again and again. */
final class Received {
  private final List<ByteBuffer> frames = new ArrayList<>();
  private final List<@Nullable Lease> leases = new ArrayList<>();

  /** Encodes a batch, whose memory multipart frames share. */
  Received(
      BatchEncoder encoder,
      TensorBatch batch,
      @Nullable HeaderExtension extension,
      TensorPool pool) {
    Message message = encoder.message(batch, extension);
    if (encoder.encoding() == Encoding.SINGLE) {
      Lease whole = whole(message, pool);
      frames.add(whole.buffer());
      leases.add(whole);
    } else {
      for (int i = 0; i < message.pieceCount(); i++) {
        frames.add(message.piece(i));
        leases.add(i % 2 == 0 ? null : batch.get(i / 2).lease());
      }
    }
    message.release();
  }

  private static Lease whole(Message message, TensorPool pool) {
    Lease lease = pool.lease((int) message.byteSize());
    ByteBuffer all = lease.buffer();
    for (int i = 0; i < message.pieceCount(); i++) {
      all.put(message.piece(i).duplicate());
    }
    return lease;
  }

  /** {@return the message as a transport makes it} */
  Message message() {
    for (Lease lease : leases) {
      if (lease != null) {
        lease.retain();
      }
    }
    return Message.inbound(frames, leases, "");
  }
}
