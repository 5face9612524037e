// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.EndNotice;
import io.tensorcom.stream.StreamLedger;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.zmtp.Dialers;
import io.tensorcom.transport.zmtp.Scheduler;
import io.tensorcom.transport.zmtp.SocketCore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Some senders push epochs of a finite stream to some receivers with small pools, and perhaps drain
 * at its end, while connections fall silent for a while, and break or do not. Where they break,
 * senders may be killed, too, and started again in the same place.
 */
public final class PushPullScenario {
  private static final int LARGEST = 90_000;
  private static final long TIME_LIMIT = TimeUnit.HOURS.toNanos(2);

  private static final long LONG_LINGER = TimeUnit.MINUTES.toNanos(10);

  private record Dialed(SocketCore core, Dialers dialers, TransportAddress address) {}

  private final SimWorld world;
  private final Random random;
  private final boolean faulty;
  private final List<SimPusher> senders = new ArrayList<>();
  private final List<SimPuller> receivers = new ArrayList<>();
  private final Map<Long, Integer> released = new HashMap<>();
  private final List<Long> received = new ArrayList<>();
  private final List<Dialed> dialed = new ArrayList<>();
  private final SimHosts hosts;
  private final boolean finishes;
  private boolean receiversBind;
  private int faultsLeft;
  private int killsLeft;
  private int changesLeft;
  private final Set<SocketCore> finishing = new HashSet<>();
  private final List<Dialed> away = new ArrayList<>();
  private int finished;

  /** Makes a scenario that a seed decides. */
  public PushPullScenario(long seed) {
    this(new SimWorld(seed));
  }

  /** Makes a scenario in a world of its own. */
  public PushPullScenario(SimWorld world) {
    this.world = world;
    random = world.random();
    hosts = new SimHosts(world);
    faulty = random.nextBoolean();
    finishes = random.nextBoolean();
    faultsLeft = faulty ? 1 + random.nextInt(6) : 0;
    killsLeft = faulty && random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0;
    world.setConnectFailures(faulty ? 0.3 : 0);
  }

  /** Runs to the end, checks everything, and returns the fingerprint of the run. */
  public long run() {
    open();
    if (faulty) {
      world.schedule(world.aWhile(31), this::fault);
      world.schedule(world.aWhile(31), this::kill);
    }
    world.hiccup();
    if (random.nextInt(3) == 0) {
      changesLeft = 1 + random.nextInt(6);
      world.schedule(random.nextInt(100_000_000), this::churn);
    }
    senders.forEach(this::send);
    for (SimPuller receiver : receivers) {
      receive(receiver);
    }
    world.runUntil(TIME_LIMIT);
    check();
    return world.trace();
  }

  /** {@return why sockets have ended connections} */
  public Set<String> refusals() {
    Set<String> reasons = new HashSet<>();
    senders.forEach(each -> reasons.addAll(each.core.closedByReason().keySet()));
    receivers.forEach(each -> reasons.addAll(each.core.closedByReason().keySet()));
    return reasons;
  }

  private void open() {
    receiversBind = random.nextBoolean();
    int senderCount = 1 + random.nextInt(4);
    int receiverCount = 1 + random.nextInt(3);
    for (int i = 0; i < receiverCount; i++) {
      receivers.add(new SimPuller(world, LARGEST + 100));
      world.listen(TransportAddress.tcp("pull", i + 1), receivers.get(i).core);
    }
    for (int i = 0; i < senderCount; i++) {
      SimPusher sender = addSender(i);
      if (!receiversBind) {
        for (SimPuller each : receivers) {
          dial(new Dialed(each.core, world.dialers(each.core), sender.address()));
        }
      }
    }
    intrude();
    if (receiversBind) {
      senders.forEach(
          each -> hosts.tempt(each.core, SocketRole.PUSH, SimScript.MOST_COMMAND_BYTES));
    } else {
      receivers.forEach(each -> hosts.tempt(each.core, SocketRole.PULL, LARGEST + 100));
    }
  }

  /** Makes one that listens, or connects to the receivers. */
  private SimPusher addSender(int place) {
    SocketOptions options = SocketOptions.of(TensorPool.ofBudget(SimPuller.POOL));
    int count = 5 + random.nextInt(15);
    SimPusher sender =
        new SimPusher(senders.size(), place, count, 1 + random.nextInt(4), world, options);
    senders.add(sender);
    if (receiversBind) {
      for (int r = 0; r < receivers.size(); r++) {
        TransportAddress address = TransportAddress.tcp("pull", r + 1);
        dial(new Dialed(sender.core, world.dialers(sender.core), address));
      }
    } else {
      world.listen(sender.address(), sender.core);
    }
    return sender;
  }

  private void dial(Dialed each) {
    dialed.add(each);
    each.dialers.connect(each.address);
  }

  /** Leaves an address in order, and comes back to it after a while, perhaps at once. */
  private void churn() {
    if (changesLeft-- <= 0 || isSent()) {
      return;
    }
    Dialed each = dialed.get(random.nextInt(dialed.size()));
    if (finishing.contains(each.core)) {
      // A socket that is being closed leaves no addresses any more.
      churn();
      return;
    }
    // Without faults there is time enough for everybody to take what is on its way.
    away.add(each);
    each.dialers.disconnect(each.address, faulty ? random.nextLong(5_000_000_000L) : LONG_LINGER);
    world.schedule(
        random.nextInt(2_000_000_000),
        () -> {
          away.remove(each);
          if (!finishing.contains(each.core)) {
            each.dialers.connect(each.address);
          }
          churn();
        });
  }

  private void intrude() {
    SocketRole to = receiversBind ? SocketRole.PULL : SocketRole.PUSH;
    for (int i = random.nextInt(3); i > 0; i--) {
      int which = 1 + random.nextInt(receiversBind ? receivers.size() : senders.size());
      TransportAddress address = TransportAddress.tcp(receiversBind ? "pull" : "push", which);
      SimSpeech speech =
          random.nextInt(4) == 0
              ? SimSpeech.nonsense(random)
              : SimSpeech.choose(
                  random, to, receiversBind ? LARGEST + 100 : SimScript.MOST_COMMAND_BYTES, false);
      SimStranger stranger = new SimStranger(random, speech);
      world.schedule(random.nextInt(50_000_000), () -> world.intrude(address, stranger));
    }
  }

  private void fault() {
    if (faultsLeft > 0 && !isOver()) {
      // In the middle of a message, or at any time.
      boolean busy = random.nextBoolean();
      boolean broken = world.breakOne(busy) != null;
      if (broken) {
        faultsLeft--;
      }
      boolean soon = busy && !broken;
      world.schedule(world.aWhile(soon ? 20 : 31), this::fault);
    }
  }

  /**
   * Ends a sender as its host does when it kills it, and perhaps starts another one in its place.
   */
  private void kill() {
    SimPusher sender = senders.get(random.nextInt(senders.size()));
    if (killsLeft-- <= 0 || isOver()) {
      return;
    }
    if (!finishing.contains(sender.core)) {
      finishing.add(sender.core);
      sender.killed = true;
      sender.forced = true;
      sender.lostBefore = sender.core.lost();
      if (random.nextBoolean()) {
        world.breakAllOf(sender.core);
      }
      sender.core.closeAll();
      end(sender);
      if (random.nextInt(3) != 0) {
        world.schedule(world.aWhile(31), () -> send(addSender(sender.place)));
      }
    }
    world.schedule(world.aWhile(31), this::kill);
  }

  private boolean isSent() {
    return senders.stream().allMatch(SimPusher::isSent);
  }

  private long living() {
    return senders.stream().filter(each -> !each.killed).count();
  }

  private boolean isOver() {
    return finishes
        ? finished == living()
        : isSent() && senders.stream().allMatch(each -> each.killed || each.core.hasWrittenAll());
  }

  private static long id(int sender, int number) {
    return sender * 1000L + number;
  }

  /** A header, which tells what the frames after it are, so that receivers can check them. */
  private Message message(long id) {
    int size = random.nextInt(4) == 0 ? random.nextInt(LARGEST) : random.nextInt(600);
    int bodies = 1 + random.nextInt(3);
    ByteBuffer[] frames = new ByteBuffer[1 + bodies];
    frames[0] = ByteBuffer.allocate(16).putLong(id).putInt(bodies).putInt(size / bodies).flip();
    Random content = new Random(id);
    for (int i = 1; i <= bodies; i++) {
      byte[] bytes = new byte[size / bodies];
      content.nextBytes(bytes);
      frames[i] = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
    return Message.outbound(frames, false, () -> released.merge(id, 1, Integer::sum));
  }

  private void send(SimPusher sender) {
    try {
      while (!sender.isSent()) {
        Message message = message(id(sender.id, sender.next));
        if (sender.outbox.put(message, sender.stream.end(sender.next), 0) != SendResult.SENT) {
          world.schedule(1 + random.nextInt(3_000_000), () -> send(sender));
          return;
        }
        sender.next++;
      }
      if (finishes && !sender.killed) {
        world.execute(() -> finish(sender));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Without faults once all peers are there, as a message for one that comes later would be too
   * late; one that is being left does not count, as it is told nothing any more. And not while an
   * address is left that is to be connected again.
   */
  private void finish(SimPusher sender) {
    long strangers =
        sender.core.peerStats().stream().filter(each -> SimStranger.isNamed(each.peer())).count();
    if (sender.killed) {
      return;
    }
    boolean leaves = away.stream().anyMatch(each -> each.core == sender.core);
    if (leaves || (!faulty && sender.core.peers() - strangers < receivers.size())) {
      world.schedule(1_000_000, () -> finish(sender));
      return;
    }
    finishing.add(sender.core);
    sender.lostBefore = sender.core.lost();
    boolean hurried = faulty && random.nextBoolean();
    Scheduler.Timer deadline =
        hurried ? world.schedule(world.aWhile(35), () -> force(sender)) : () -> {};
    sender.core.finish(
        () -> {
          deadline.cancel();
          finished(sender);
        });
  }

  private void force(SimPusher sender) {
    sender.forced = true;
    sender.core.closeAll();
    finished(sender);
  }

  private void finished(SimPusher sender) {
    finished++;
    end(sender);
  }

  private void end(SimPusher sender) {
    world.stopListening(sender.address());
    dialed.stream()
        .filter(each -> each.core == sender.core)
        .forEach(each -> each.dialers.stopAll());
  }

  private void receive(SimPuller receiver) {
    try {
      Message message = receiver.core.inbox().poll(0);
      if (message != null && SimStranger.isNamed(message.peer())) {
        world.schedule(random.nextInt(5_000_000), receiver.intake.take(message));
      } else if (message != null && message.isCommand()) {
        EndNotice end = EndNotice.decode(message.piece(0));
        assertThat(end).isNotNull();
        SimPusher from = senders.get((int) end.streamId());
        if (end.lastOfStream() && !from.forced) {
          assertThat(from.core.flushed() + from.core.lost())
              .as("the end is told when nothing can come to anybody any more")
              .isEqualTo(from.count);
        }
        receiver.ends.put(end.streamId() + " by " + message.peer(), end);
        if (end.lastOfStream()) {
          receiver.heardOut.add(end.streamId());
        }
        receiver.ledger.ended(end, message.peer());
        message.release();
      } else if (message != null) {
        verify(receiver, message);
        enter(receiver.ledger, message);
        // The application keeps it for a while.
        world.schedule(random.nextInt(5_000_000), message::release);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    boolean stalls = random.nextInt(50) == 0;
    long pause = stalls ? random.nextLong(40_000_000_000L) : random.nextInt(3_000_000);
    if (world.nanoTime() < TIME_LIMIT / 2) {
      world.schedule(1 + pause + world.nanoTime() / 200, () -> receive(receiver));
    }
  }

  private void verify(SimPuller receiver, Message message) {
    ByteBuffer header = message.piece(0).duplicate();
    long id = header.getLong();
    assertThat(message.pieceCount()).isEqualTo(1 + header.getInt());
    byte[] expected = new byte[header.getInt()];
    Random content = new Random(id);
    for (int i = 1; i < message.pieceCount(); i++) {
      content.nextBytes(expected);
      assertThat(message.piece(i)).isEqualTo(ByteBuffer.wrap(expected));
    }
    assertThat(received).as("no message twice").doesNotContain(id);
    received.add(id);
    // Of one sender over one connection messages come in order, but for those that were given
    // to a peer who went before they were begun.
    String way = id / 1000 + " by " + message.peer();
    Integer before = receiver.latest.put(way, (int) (id % 1000));
    EndNotice end = receiver.ends.get(way);
    assertThat(end == null || !end.lastOfStream()).as("nothing behind the end").isTrue();
    BatchOrigin origin = senders.get((int) (id / 1000)).stream.origin((int) (id % 1000));
    if (origin.isLastOfStream()) {
      receiver.heardOut.add(origin.streamId());
    }
    if (!faulty && world.strangers().isEmpty()) {
      assertThat(before == null || before < id % 1000).as("order").isTrue();
      assertThat(end == null || end.epoch() < origin.epoch()).as("of a later epoch").isTrue();
    }
  }

  private void enter(StreamLedger ledger, Message message) {
    long id = message.piece(0).getLong(0);
    ledger.received(
        senders.get((int) (id / 1000)).stream.origin((int) (id % 1000)), message.peer());
  }

  /** What was written came whole, to receivers or strangers, and nothing else did. */
  private void checkWritten(long written) {
    long taken = world.strangers().stream().mapToInt(SimStranger::messages).sum();
    if (!world.hasCut()) {
      assertThat(written).as("written").isEqualTo(received.size() + taken);
    }
  }

  private void checkSender(SimPusher each) {
    long lost = each.lost(finishes);
    assertThat(each.core.flushed() + lost).as("written or counted").isEqualTo(each.next);
    if (finishes && !each.forced) {
      assertThat(each.core.hasWrittenAll()).isTrue();
    }
  }

  private void check() {
    PushPullBooks books = new PushPullBooks(world, senders, receivers, received, faulty);
    books.checkReports(finishes);
    books.checkStreams(receiversBind);
    int sent = senders.stream().mapToInt(each -> each.next).sum();
    assertThat(isSent()).as("every message was taken").isTrue();
    long flushed = senders.stream().mapToLong(each -> each.core.flushed()).sum();
    long lost = senders.stream().mapToLong(each -> each.core.lost()).sum();
    senders.forEach(this::checkSender);
    checkWritten(flushed);
    if (!faulty && world.strangers().isEmpty()) {
      assertThat(lost).as("lost without a fault or a stranger").isZero();
    }
    assertThat(finished).as("told that all is written").isEqualTo(finishes ? (int) living() : 0);
    assertThat(world.strangers()).as("strangers are gone").allMatch(SimStranger::isGone);
    receivers.forEach(each -> each.intake.check());
    List<SocketCore> sockets = new ArrayList<>();
    senders.forEach(each -> sockets.add(each.core));
    receivers.forEach(each -> sockets.add(each.core));
    hosts.checkReports(sockets, finishes || living() < senders.size());
    hosts.checkTimers(dialed.size());
    dialed.forEach(each -> each.dialers.stopAll());
    senders.forEach(each -> each.core.closeAll());
    receivers.forEach(
        each -> {
          each.core.inbox().close();
          each.core.closeAll();
        });
    hosts.checkTimersAtTheEnd();
    assertThat(released.values()).as("each message is released once").allMatch(count -> count == 1);
    assertThat(released).hasSize(sent);
    for (SimPuller receiver : receivers) {
      assertThat(receiver.pool.stats().leases()).as("leases").isZero();
    }
  }
}
