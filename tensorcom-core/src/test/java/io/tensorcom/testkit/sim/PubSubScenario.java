// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.StreamLedger;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SlowPeerPolicy;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.Tuning;
import io.tensorcom.transport.zmtp.Dialers;
import io.tensorcom.transport.zmtp.Outbox;
import io.tensorcom.transport.zmtp.PubCore;
import io.tensorcom.transport.zmtp.Scheduler;
import io.tensorcom.transport.zmtp.SocketCore;
import io.tensorcom.transport.zmtp.SourceCore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * One publisher with any policy, and subscribers some of which are slow or want one topic only,
 * while connections break or do not, and fall silent for a while, also while the publisher drains.
 */
public final class PubSubScenario {
  private static final TransportAddress ADDRESS = TransportAddress.tcp("pub", 1);
  private static final int LARGEST = 60_000;
  private static final long STREAM = 1;
  private static final long TIME_LIMIT = TimeUnit.HOURS.toNanos(1);

  private static final class Subscriber {
    private final SourceCore core;
    private final TensorPool pool = TensorPool.ofBudget(4 * 131_072);
    private final List<Integer> received = new ArrayList<>();
    private final boolean onlyOdd;
    private final int slowness;
    private final SimIntake intake;
    private final StreamLedger ledger;

    /** From here on the first number that comes ends the window of a fault; none if negative. */
    private int windowTo = -1;

    private boolean inWindow;
    private boolean wasBroken;
    private int missingOutside;

    Subscriber(SimWorld world, boolean onlyOdd, int slowness) {
      this.onlyOdd = onlyOdd;
      this.slowness = slowness;
      byte[] topic = onlyOdd ? new byte[] {1} : new byte[0];
      this.core =
          new SourceCore(
              SocketRole.SUB,
              SocketOptions.of(pool)
                  .withMaxMessageBytes(LARGEST + 100)
                  .withMaxMessagesPerPeer(1)
                  .withTopics(List.of(topic)),
              world);
      ledger = new StreamLedger(StreamStats.Missing.LOST, world::nanoTime, world::nanoTime);
      intake =
          new SimIntake(
              core,
              new StreamLedger(StreamStats.Missing.LOST, world::nanoTime, world::nanoTime),
              pool);
    }

    private boolean wants(int number) {
      return !onlyOdd || number % 2 == 1;
    }

    /** What was published before now may be lost, and what is until it has subscribed again. */
    private void broken(int published) {
      inWindow = true;
      wasBroken = true;
      windowTo = published;
    }

    private void took(int number) {
      countMissing(number);
      received.add(number);
      inWindow &= number < windowTo;
    }

    private void countMissing(int end) {
      int from = received.isEmpty() ? 0 : received.get(received.size() - 1) + 1;
      missingOutside += inWindow ? 0 : (int) IntStream.range(from, end).filter(this::wants).count();
    }
  }

  private final SimWorld world;
  private final Random random;
  private final Outbox outbox;
  private final PubCore publisher;
  private final List<Subscriber> subscribers = new ArrayList<>();
  private final List<Dialers> dialers = new ArrayList<>();
  private final SimHosts hosts;
  private final int count;
  private final SimStream stream;
  private final int[] released;
  private final boolean finishes;
  private int next;
  private int finished;
  private boolean wantsAll;
  private final boolean faulty;
  private int faultsLeft;
  private long lostBefore;

  /** Makes a scenario that a seed decides. */
  public PubSubScenario(long seed) {
    world = new SimWorld(seed);
    random = world.random();
    hosts = new SimHosts(world);
    finishes = random.nextBoolean();
    faulty = random.nextBoolean();
    faultsLeft = faulty ? 1 + random.nextInt(6) : 0;
    world.setConnectFailures(faulty ? 0.3 : 0);
    count = 20 + random.nextInt(80);
    stream = new SimStream(STREAM, count, 1 + random.nextInt(4));
    released = new int[count];
    SlowPeerPolicy[] policies = SlowPeerPolicy.values();
    SocketOptions options =
        SocketOptions.of(TensorPool.ofBudget(131_072))
            .withMaxMessagesPerPeer(1 + random.nextInt(4))
            .withSlowPeerWait(Duration.ofMillis(random.nextInt(20)))
            .withTuning(Tuning.DEFAULT.withSlowPeers(policies[random.nextInt(policies.length)]));
    PubCore[] made = new PubCore[1];
    outbox = new Outbox(1, true, () -> world.execute(() -> made[0].pump()));
    publisher = new PubCore(options, world, outbox);
    made[0] = publisher;
  }

  /** Runs to the end, checks everything, and returns the fingerprint of the run. */
  public long run() {
    world.listen(ADDRESS, publisher);
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      int slowness = random.nextBoolean() ? 1_000_000 : 50_000_000;
      Subscriber subscriber = new Subscriber(world, random.nextInt(3) == 0, slowness);
      subscribers.add(subscriber);
      Dialers each = world.dialers(subscriber.core);
      dialers.add(each);
      each.connect(ADDRESS);
      hosts.tempt(subscriber.core, SocketRole.SUB, LARGEST + 100);
      receive(subscriber);
    }
    if (random.nextInt(3) == 0) {
      world.intrude(ADDRESS, new SimStranger(random, SimSpeech.nonsense(random)));
    }
    world.hiccup();
    awaitSubscribers();
    world.runUntil(TIME_LIMIT);
    check();
    return world.trace();
  }

  /** {@return why sockets have ended connections} */
  public Set<String> refusals() {
    Set<String> reasons = new HashSet<>(publisher.closedByReason().keySet());
    subscribers.forEach(each -> reasons.addAll(each.core.closedByReason().keySet()));
    return reasons;
  }

  private void awaitSubscribers() {
    if (publisher.peers() < subscribers.size()) {
      world.schedule(1_000_000, this::awaitSubscribers);
      return;
    }
    // Only now, as one who subscribes would be waited for in place of another.
    for (int i = random.nextInt(3); i > 0; i--) {
      boolean all = random.nextInt(4) == 0;
      wantsAll |= all;
      SimSpeech speech =
          SimSpeech.choose(random, SocketRole.PUB, SimScript.MOST_COMMAND_BYTES, all);
      SimStranger stranger = new SimStranger(random, speech);
      world.schedule(random.nextInt(50_000_000), () -> world.intrude(ADDRESS, stranger));
    }
    publish();
    world.schedule(world.aWhile(28), this::fault);
  }

  private void fault() {
    boolean over = finishes ? finished > 0 : next == count && publisher.hasWrittenAll();
    if (faultsLeft > 0 && !over) {
      // In the middle of a message, or at any time.
      SocketCore dialed = world.breakOne(random.nextBoolean());
      for (Subscriber each : subscribers) {
        if (each.core == dialed) {
          each.broken(next);
          faultsLeft--;
        }
      }
      world.schedule(world.aWhile(28), this::fault);
    }
  }

  private void publish() {
    try {
      while (next < count) {
        int number = next;
        // More than the limit for small messages is needed for a queue to be full.
        // Small ones a link can write within the call.
        boolean small = random.nextInt(6) == 0;
        int size = small ? random.nextInt(5000) : LARGEST - random.nextInt(100);
        ByteBuffer body = ByteBuffer.allocateDirect(size);
        ByteBuffer header = ByteBuffer.allocate(5).put((byte) (number & 1)).putInt(number).flip();
        Message message =
            Message.outbound(new ByteBuffer[] {header, body}, false, () -> released[number]++);
        if (stream.endsEpoch(number)) {
          message = message.withPatience(TIME_LIMIT);
        }
        if (outbox.put(message, 0) != SendResult.SENT) {
          world.schedule(1 + random.nextInt(2_000_000), this::publish);
          return;
        }
        next++;
      }
      if (finishes) {
        world.execute(this::finish);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void finish() {
    lostBefore = publisher.lost();
    boolean hurried = faulty && random.nextBoolean();
    if (hurried && random.nextInt(4) == 0) {
      // Not drained at all.
      force();
      return;
    }
    Scheduler.Timer deadline = hurried ? world.schedule(world.aWhile(32), this::force) : () -> {};
    publisher.finish(
        () -> {
          deadline.cancel();
          finished();
        });
  }

  /** The deadline of a drain; what is on its way still comes. */
  private void force() {
    subscribers.forEach(each -> each.broken(count));
    publisher.closeAll();
    finished();
  }

  private void finished() {
    finished++;
    world.stopListening(ADDRESS);
  }

  private void receive(Subscriber subscriber) {
    try {
      Message message = subscriber.core.inbox().poll(0);
      if (message != null && SimStranger.isNamed(message.peer())) {
        world.schedule(random.nextInt(5_000_000), subscriber.intake.take(message));
      } else if (message != null) {
        int number = message.piece(0).getInt(1);
        subscriber.took(number);
        subscriber.ledger.received(stream.origin(number), message.peer());
        message.release();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (world.nanoTime() < TIME_LIMIT / 2) {
      world.schedule(
          1 + random.nextInt(subscriber.slowness) + world.nanoTime() / 200,
          () -> receive(subscriber));
    }
  }

  private void check() {
    assertThat(next).as("every message was taken").isEqualTo(count);
    int received = 0;
    for (Subscriber each : subscribers) {
      assertThat(each.received).isSorted().doesNotHaveDuplicates();
      assertThat(each.received).allMatch(each::wants);
      if (each.wants(count - 1) && !each.inWindow) {
        assertThat(each.received).as("the last, which is never dropped").endsWith(count - 1);
      }
      if (!each.wasBroken) {
        assertThat(each.received)
            .as("ends of epochs, which are never dropped")
            .containsAll(
                IntStream.range(0, count)
                    .filter(i -> each.wants(i) && stream.endsEpoch(i))
                    .boxed()
                    .toList());
      }
      each.countMissing(count);
      checkLedger(each);
      received += each.received.size();
    }
    List<SimStranger> strangers = world.strangers();
    assertThat(strangers).as("strangers are gone").allMatch(SimStranger::isGone);
    // Publishers hear no messages, but subscriptions in an older form.
    long taken =
        strangers.stream().filter(each -> !each.isHost()).mapToInt(SimStranger::messages).sum();
    checkPeers();
    if (subscribers.stream().noneMatch(each -> each.wasBroken)) {
      assertThat(publisher.flushed() - received).as("written and not received").isEqualTo(taken);
      checkDrops(received);
    }
    subscribers.forEach(each -> each.intake.check());
    List<SocketCore> sockets = new ArrayList<>(List.of(publisher));
    subscribers.forEach(each -> sockets.add(each.core));
    hosts.checkReports(sockets, finishes);
    hosts.checkTimers(dialers.size());
    dialers.forEach(Dialers::stopAll);
    publisher.closeAll();
    for (Subscriber each : subscribers) {
      each.core.inbox().close();
      each.core.closeAll();
    }
    hosts.checkTimersAtTheEnd();
    assertThat(released).as("each message is released once").containsOnly(1);
    for (Subscriber each : subscribers) {
      assertThat(each.pool.stats().leases()).as("leases").isZero();
    }
  }

  /** The book of a subscriber says of its stream what is true. */
  private void checkLedger(Subscriber subscriber) {
    List<Integer> received = subscriber.received;
    if (received.isEmpty()) {
      return;
    }
    StreamStats book =
        subscriber.ledger.streams().stream()
            .filter(each -> each.streamId() == STREAM)
            .findFirst()
            .orElseThrow();
    int last = received.get(received.size() - 1);
    assertThat(book.received()).isEqualTo(received.size());
    assertThat(book.missing()).isEqualTo(last - received.get(0) + 1 - received.size());
    assertThat(book.streamEnded()).isEqualTo(last == count - 1);
    assertThat(book.duplicates() + book.reordered()).isZero();
    assertThat(subscriber.ledger.restarts()).as("restarts").isZero();
  }

  /** What was counted of each connection is what became of what its subscriber wanted. */
  private void checkPeers() {
    assertThat(finished).as("told once that all is written").isEqualTo(finishes ? 1 : 0);
    List<GonePeer> gone = new ArrayList<>(publisher.gonePeers());
    long lost = gone.stream().mapToLong(GonePeer::lost).sum();
    long left = publisher.leftByPeer().values().stream().mapToLong(each -> each).sum();
    assertThat(lost).isEqualTo(finishes ? lostBefore + left : publisher.lost());
    publisher.peerStats().forEach(each -> gone.add(new GonePeer(each, 0, GonePeer.ENDED)));
    for (Subscriber each : subscribers) {
      List<GonePeer> own =
          gone.stream().filter(g -> world.whoDialed(g.counters().peer()) == each.core).toList();
      long dropped = own.stream().mapToLong(g -> g.counters().droppedFull()).sum();
      long written = own.stream().mapToLong(g -> g.counters().messages() + g.lost()).sum();
      long wanted = IntStream.range(0, count).filter(each::wants).count();
      assertThat(each.missingOutside)
          .as("missing, and no fault")
          .isLessThanOrEqualTo((int) dropped);
      assertThat(written + dropped).as("counted").isLessThanOrEqualTo(wanted);
      if (!each.wasBroken) {
        assertThat(each.received.size() + dropped).as("came, or was counted").isEqualTo(wanted);
      }
    }
  }

  private void checkDrops(int received) {
    long wanted = subscribers.stream().mapToLong(each -> each.onlyOdd ? count / 2 : count).sum();
    long dropped = publisher.dropped();
    if (finishes) {
      assertThat(finished).as("told once that all is written").isOne();
    } else {
      long ofPeers = publisher.peerStats().stream().mapToLong(PeerStats::droppedFull).sum();
      assertThat(received + ofPeers).as("each came, or was counted").isEqualTo(wanted);
    }
    if (wantsAll) {
      // What was dropped for strangers is among it.
      assertThat(received + dropped).isGreaterThanOrEqualTo(wanted);
    } else {
      assertThat(received + dropped).as("each came, or was counted").isEqualTo(wanted);
    }
  }
}
