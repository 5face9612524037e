// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One session with a link and an owner that write down what happens. */
final class SessionFixture implements SessionOwner {
  static final int LARGEST = 1500;

  final ManualScheduler scheduler = new ManualScheduler();
  final FakeLink link = new FakeLink(scheduler, "test://peer");
  final TensorPool pool = TensorPool.ofBudget(64 << 10);
  final List<String> events = new ArrayList<>();
  final ScratchBuffers scratch =
      new ScratchBuffers(Session.SCRATCH_BYTES + FrameWriter.STAGED_BYTES);
  final Session session;
  boolean pausesAfterMessage;

  SessionFixture(SocketRole role) {
    this(role, options -> options);
  }

  SessionFixture(SocketRole role, UnaryOperator<SocketOptions> adjust) {
    SocketOptions options = adjust.apply(SocketOptions.of(pool).withMaxMessageBytes(LARGEST));
    MemoryGate gate = role.sends() ? null : new MemoryGate(pool, LARGEST, scheduler);
    session =
        link.open(
            each -> {
              SessionOptions shared = new SessionOptions(role, options, scheduler, gate, scratch);
              Session made = new Session(shared, each, this);
              made.start();
              return made;
            });
  }

  /** {@return all that can be seen from outside: events in order, and the bytes that were sent} */
  String transcript() {
    return String.join("\n", events) + "\nsent " + Wire.hex(link.written());
  }

  @Override
  public void onReady(Session ready) {
    events.add("ready");
  }

  @Override
  public void onMessage(Session from, Message message) {
    List<String> frames = new ArrayList<>();
    for (int i = 0; i < message.pieceCount(); i++) {
      frames.add((message.lease(i) == null ? "heap " : "lease ") + Wire.hex(message.piece(i)));
    }
    events.add("message " + frames);
    message.release();
    if (pausesAfterMessage) {
      from.pauseReading(true);
      scheduler.execute(() -> from.pauseReading(false));
    }
  }

  @Override
  public void onSubscription(Session from, boolean added, ByteBuffer topic) {
    events.add((added ? "subscribe " : "cancel ") + Wire.hex(topic));
  }

  @Override
  public void onEnd(Session from, ByteBuffer data) {
    events.add("end " + Wire.hex(data));
  }

  @Override
  public void onFlushed(Session to, SharedMessage message) {
    events.add("flushed");
    message.release();
  }

  @Override
  public void onClosed(Session closed, @Nullable ProtocolException fault) {
    events.add("closed " + (fault == null ? "without fault" : fault.refusal()));
  }
}
