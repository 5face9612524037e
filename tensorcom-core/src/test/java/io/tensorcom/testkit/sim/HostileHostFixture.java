// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.Encoding;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.ConnectedSenders;
import io.tensorcom.stream.OutgoingStream;
import io.tensorcom.stream.StreamLedger;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.zmtp.Dialers;
import io.tensorcom.transport.zmtp.Outbox;
import io.tensorcom.transport.zmtp.PubCore;
import io.tensorcom.transport.zmtp.PushCore;
import io.tensorcom.transport.zmtp.SocketCore;
import io.tensorcom.transport.zmtp.SourceCore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A sender and a receiver of a stream, one of which connects to the other, and to strangers behind
 * a second address.
 */
final class HostileHostFixture {
  static final int LIMIT = 100_000;
  static final TransportAddress HOSTILE = TransportAddress.tcp("hostile", 1);
  private static final TransportAddress HONEST = TransportAddress.tcp("honest", 1);
  private static final long HONEST_STREAM = 5;
  private static final int BATCHES = 60;
  private static final long PACE_NANOS = 100_000_000;

  private final SimWorld world = new SimWorld(7);
  private final TensorPool senderPool =
      TensorPool.builder().budgetBytes(16 << 20).checked(true).build();
  private final TensorPool pool = TensorPool.builder().budgetBytes(1 << 20).checked(true).build();
  private final StreamLedger ledger =
      new StreamLedger(StreamStats.Missing.LOST, world::nanoTime, world::nanoTime);
  private final SourceCore source;
  private final SocketCore sink;
  private final SocketCore ours;
  private final Outbox outbox;
  private final SimIntake intake;
  private final Dialers dialers;
  private final OutgoingStream stream = new OutgoingStream(HONEST_STREAM, true);
  private final List<String> told = new ArrayList<>();
  private int sent;
  private int ofStrangers;
  private boolean reading = true;

  HostileHostFixture(SocketRole role, Supplier<SimStranger> strangers) {
    boolean pushes = role == SocketRole.PUSH || role == SocketRole.PULL;
    Runnable[] pump = new Runnable[1];
    outbox = new Outbox(4, !pushes, () -> world.execute(pump[0]));
    SocketOptions options = SocketOptions.of(senderPool);
    if (pushes) {
      PushCore core = new PushCore(options, world, outbox);
      pump[0] = core::pump;
      sink = core;
    } else {
      PubCore core = new PubCore(options, world, outbox);
      pump[0] = core::pump;
      sink = core;
    }
    source =
        new SourceCore(
            pushes ? SocketRole.PULL : SocketRole.SUB,
            SocketOptions.of(pool).withMaxMessageBytes(LIMIT).withTopics(List.of(new byte[0])),
            world);
    intake = new SimIntake(source, ledger, pool);
    ours = role.sends() ? sink : source;
    world.listen(HONEST, role.sends() ? source : sink);
    world.host(HOSTILE, strangers);
    dialers = world.dialers(ours);
    dialers.setListener(
        new ConnectionListener() {
          @Override
          public void unreachable(TransportAddress address, String reason) {
            assertThat(address).as(reason).isEqualTo(HOSTILE);
            told.add("unreachable: " + reason);
          }

          @Override
          public void disconnected(TransportAddress address) {
            assertThat(address).isEqualTo(HOSTILE);
            told.add("disconnected");
          }
        });
    dialers.connect(HOSTILE);
    dialers.connect(HONEST);
    world.schedule(PACE_NANOS, this::send);
    world.schedule(PACE_NANOS, this::receive);
  }

  // ---- what goes on

  private void send() {
    try {
      if (sent < BATCHES && sink.peers() > 0) {
        BatchMark mark = sent == BATCHES - 1 ? BatchMark.endOfEpoch(true) : BatchMark.NONE;
        Tensor tensor = Tensor.allocate(senderPool, DType.UINT8, sent % 3 == 0 ? 60_000 : 3000);
        tensor.data().put(0, SimScript.GOOD);
        try (TensorBatch batch = TensorBatch.of(tensor)) {
          Message message =
              new BatchEncoder(Encoding.MULTIPART)
                  .message(batch, stream.next(mark, world.nanoTime()));
          Message end =
              mark.isEnd() && sink instanceof PushCore
                  ? PushCore.end(stream.notice(mark).encode())
                  : null;
          if (outbox.put(message, end, 0) == SendResult.SENT) {
            stream.sent(mark);
            sent++;
          }
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (sent < BATCHES) {
      world.schedule(PACE_NANOS, this::send);
    }
  }

  private void receive() {
    try {
      Message message = reading ? source.inbox().poll(0) : null;
      if (message != null) {
        ofStrangers += SimStranger.isNamed(message.peer()) && !message.isCommand() ? 1 : 0;
        int malformed = intake.malformed();
        world.schedule(1000, intake.take(message));
        ofStrangers -= intake.malformed() - malformed;
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (!source.inbox().isClosed()) {
      world.schedule(1_000_000, this::receive);
    }
  }

  void setReading(boolean newReading) {
    reading = newReading;
  }

  void run(Duration time) {
    world.runUntil(world.nanoTime() + time.toNanos());
  }

  // ---- what is seen

  /** {@return what is told of the hostile address; of the other nothing may be told} */
  List<String> told() {
    return told;
  }

  long closed(String reason) {
    return ours.closedByReason().getOrDefault(reason, 0L);
  }

  int malformed() {
    return intake.malformed();
  }

  int handedOutOfStrangers() {
    return ofStrangers;
  }

  int waiting(String peer) {
    return ours.peerStats().stream()
        .filter(each -> each.peer().equals(peer))
        .mapToInt(PeerStats::queued)
        .sum();
  }

  StreamStats stream(long id) {
    return ledger.streams().stream().filter(each -> each.streamId() == id).findAny().orElseThrow();
  }

  int streams() {
    return ledger.streams().size();
  }

  long missing() {
    return ledger.missing();
  }

  long forgotten() {
    return ledger.forgotten();
  }

  long restarts() {
    return ledger.restarts();
  }

  StreamLedger.Epochs epochs(Map<Long, Long> taken, ConnectedSenders senders) {
    return ledger.epochs(taken, senders);
  }

  List<StreamReport.Verdict> verdicts() {
    return StreamReport.merge(List.of(ledger.report()));
  }

  /** All of it came in order, but for what strangers took; and then nothing is left of anybody. */
  void assertHonestStreamIsWhole() {
    long taken = world.strangers().stream().mapToLong(SimStranger::messages).sum();
    StreamStats honest = stream(HONEST_STREAM);
    assertThat(sent).isEqualTo(BATCHES);
    assertThat(honest.received()).isGreaterThanOrEqualTo(BATCHES - taken - sink.lost());
    assertThat(honest.reordered()).isZero();
    assertThat(honest.duplicates()).isZero();
    assertThat(honest.streamEnded()).isTrue();
    StreamReport.Verdict verdict =
        verdicts().stream()
            .filter(each -> each.streamId() == HONEST_STREAM)
            .findAny()
            .orElseThrow();
    assertThat(verdict.sent()).isEqualTo(BATCHES);
    assertThat(verdict.received()).isEqualTo(honest.received());
    intake.check();
    assertNothingIsLeft();
  }

  private void assertNothingIsLeft() {
    dialers.setListener(new ConnectionListener() {});
    dialers.stopAll();
    source.inbox().close();
    List.of(source, sink).forEach(SocketCore::closeAll);
    run(Duration.ofMinutes(2));
    assertThat(world.pending()).as("timers").isZero();
    assertThat(pool.stats().leases()).as("leases of the receiver").isZero();
    assertThat(senderPool.stats().leases()).as("leases of the sender").isZero();
    assertThat(pool.stats().leaks() + senderPool.stats().leaks()).isZero();
  }
}
