// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static io.tensorcom.transport.netty.RawPeer.LONG;
import static io.tensorcom.transport.netty.RawPeer.bytes;
import static io.tensorcom.transport.netty.RawPeer.command;
import static io.tensorcom.transport.netty.RawPeer.frame;
import static io.tensorcom.transport.netty.RawPeer.greeting;
import static io.tensorcom.transport.netty.RawPeer.header;
import static io.tensorcom.transport.netty.RawPeer.join;
import static io.tensorcom.transport.netty.RawPeer.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.sim.SimWorld;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.zmtp.Dialer;
import io.tensorcom.transport.zmtp.Dialers;
import io.tensorcom.transport.zmtp.Outbox;
import io.tensorcom.transport.zmtp.PubCore;
import io.tensorcom.transport.zmtp.SocketCore;
import io.tensorcom.transport.zmtp.SourceCore;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.simple.SimpleLogger;
import org.slf4j.spi.LocationAwareLogger;

/** Hostile peers without sockets: on a clock of our own, and with reads cut where we like. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a fault may loop
final class HostileSessionTest {
  private static final byte[] NONE = {};
  private static final int LARGE = 300_000;
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final SimWorld world = new SimWorld(1);
  private final TensorPool pool = TensorPool.builder().budgetBytes(4 << 20).checked(true).build();
  private SourceCore core = receiver(Nonsense.LIMIT);

  @AfterEach
  void closeAndFindNoLease() {
    core.inbox().close();
    core.closeAll();
    pass(SECOND);
    assertThat(pool.stats().leases()).isZero();
  }

  private SourceCore receiver(long limit) {
    return new SourceCore(
        SocketRole.PULL, SocketOptions.of(pool).withMaxMessageBytes(limit), world);
  }

  private ScriptedLink peer() {
    return new ScriptedLink(world, core).say(greeting(), ready("PUSH"));
  }

  private void pass(Duration time) {
    long end = world.nanoTime() + time.toNanos();
    world.schedule(time.toNanos(), () -> {});
    world.runUntil(end);
  }

  private Message take() throws InterruptedException {
    Message message = core.inbox().poll(0);
    assertThat(message).isNotNull();
    return message;
  }

  static Stream<Arguments> nonsense() {
    return Nonsense.all().stream().map(each -> Arguments.of(each.name(), each));
  }

  /** Every offset, except where the bytes are only the many that make a message too large. */
  private static int next(int cut) {
    return cut < 400 ? cut + 1 : cut + 9973;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nonsense")
  void shouldCloseForTheSameReasonWhenNonsenseIsCutAnywhere(String name, Nonsense what) {
    byte[] said = what.said();
    for (int cut = 1; cut < said.length; cut = next(cut)) {
      core = receiver(Nonsense.LIMIT);
      ScriptedLink link = new ScriptedLink(world, core);

      link.say(Arrays.copyOf(said, cut)).say(Arrays.copyOfRange(said, cut, said.length));

      assertThat(link.isClosed()).as("cut at %d", cut).isTrue();
      assertThat(core.closedByReason()).as("cut at %d", cut).containsEntry(what.reason(), 1L);
      pass(SECOND);
      assertThat(pool.stats().leases()).isZero();
    }
  }

  @Test
  void shouldCloseWithoutMemoryWhenALengthFitsTheLimitAndNoBuffer() {
    core = receiver(1L << 40);

    ScriptedLink link = peer().say(header(LONG, 1L << 31), new byte[100]);

    assertThat(link.isClosed()).isTrue();
    assertThat(core.closedByReason()).containsEntry("size", 1L);
  }

  @Test
  void shouldTakeNoMoreThanWhatCameWhenManyClaimMoreThanThereIs() {
    core = receiver(1L << 31);
    List<ScriptedLink> peers = Stream.generate(this::peer).limit(256).toList();

    peers.forEach(each -> each.say(header(LONG, 1 << 30), new byte[100]));

    assertThat(peers).allMatch(ScriptedLink::isRead);
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldCloseAtTheDeadlineWhenAStrangerSaysAByteASecond() {
    ScriptedLink link = new ScriptedLink(world, core);
    byte[] greeting = greeting();
    for (int i = 0; i < 5; i++) {
      assertThat(link.isClosed()).isFalse();
      link.say(bytes(greeting[i]));
      pass(SECOND);
    }

    assertThat(link.isClosed()).isTrue();
    assertThat(core.closedByReason()).containsEntry("handshake_timeout", 1L);
  }

  @Test
  void shouldHoldOneAnswerWhenPingsCannotBeAnswered() {
    ScriptedLink link = peer();
    link.listen();
    for (int i = 0; i < 1000; i++) {
      link.say(command("PING", bytes(0, 0, i >> 8, i)));
    }

    assertThat(link.listen()).isEqualTo(command("PONG", bytes(999 >> 8, 999)));
  }

  @Test
  void shouldStopReadingWhenNobodyTakesManySmallMessages() throws InterruptedException {
    ScriptedLink link = peer();
    byte[] message = frame(0, new byte[200]);
    for (int i = 0; link.isRead(); i++) {
      link.say(message);
      assertThat(i).as("messages of 200 bytes that wait").isLessThan(6000);
    }

    assertThat(core.messages()).isGreaterThan(1000);
    assertThat(link.isClosed()).isFalse();
    for (int i = 0; i < 3000; i++) {
      take().release();
    }
    pass(Duration.ofMillis(1));
    assertThat(link.isRead()).isTrue();
  }

  /** Has the peer send, and keeps what comes, until the pool is spent within a message. */
  private List<Message> keepUntilHeldBack(ScriptedLink link) throws InterruptedException {
    List<Message> kept = new ArrayList<>();
    while (true) {
      link.say(header(LONG, LARGE));
      pass(SECOND);
      link.say(new byte[LARGE]);
      if (!link.isRead()) {
        return kept;
      }
      kept.add(take());
      assertThat(kept.size()).as("messages of 300 kB in a pool of 4 MiB").isLessThan(14);
    }
  }

  @Test
  void shouldNotCallAPeerStalledWhenItIsNotReadFrom() throws InterruptedException {
    ScriptedLink link = peer();
    List<Message> kept = keepUntilHeldBack(link);
    pass(Duration.ofMinutes(10));
    assertThat(link.isClosed()).isFalse();

    kept.forEach(Message::release);
    pass(SECOND);
    link.readOn();
    take().release();
  }

  @Test
  void shouldGiveTheWholeTimeAgainWhenAPeerWasNotReadFrom() throws InterruptedException {
    ScriptedLink link = peer();
    List<Message> kept = keepUntilHeldBack(link);
    pass(Duration.ofSeconds(15));
    kept.forEach(Message::release);

    pass(Duration.ofSeconds(28));
    assertThat(link.isRead()).isTrue();
    pass(Duration.ofSeconds(3));

    assertThat(link.isClosed()).isTrue();
    assertThat(core.closedByReason()).containsEntry("stalled", 1L);
  }

  @Test
  void shouldNotCallAPeerSilentWhenItIsNotReadFrom() throws InterruptedException {
    ScriptedLink link = peer().say(command("PING", bytes(0, 20)));
    for (int i = 0; i < 4; i++) {
      link.say(frame(0, new byte[LARGE]));
    }
    assertThat(link.isRead()).isFalse();
    pass(Duration.ofSeconds(601));
    assertThat(link.isClosed()).isFalse();

    for (int i = 0; i < 4; i++) {
      take().release();
    }
    pass(Duration.ofMillis(1500));
    assertThat(link.isRead()).isTrue();
    pass(Duration.ofSeconds(4));
    assertThat(core.closedByReason()).containsEntry("silent", 1L);
  }

  @Test
  void shouldServeTheOthersWhenTheFirstInLineIsLost() {
    peer().say(header(LONG, 700_000), new byte[70_000]).lose();

    // Three of them may hold memory beside a first one: only a new first one makes it four.
    List<ScriptedLink> others = Stream.generate(this::peer).limit(4).toList();
    others.forEach(each -> each.say(header(LONG, 700_000), new byte[70_000]));

    assertThat(others).allMatch(ScriptedLink::isRead);
    assertThat(pool.stats().leases()).isEqualTo(4);
  }

  @Test
  void shouldLeaseNothingWhenAPeerIsLostThatWaitedForMemory() throws InterruptedException {
    ScriptedLink link = peer();
    List<Message> kept = keepUntilHeldBack(link);
    link.lose();

    kept.forEach(Message::release);
    pass(SECOND);

    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldKeepRoomForTheLargestMessageWhenManyBeginAndStop() {
    List<ScriptedLink> peers = Stream.generate(this::peer).limit(8).toList();
    peers.forEach(each -> each.say(header(LONG, 700_000), new byte[70_000]));

    assertThat(peers).filteredOn(ScriptedLink::isRead).hasSize(4);
    assertThat(pool.budgetBytes() - pool.stats().leasedBytes()).isGreaterThan(LARGE);
    peers.get(0).say(new byte[630_000]);
    pass(SECOND);
    assertThat(core.messages()).isEqualTo(1);
  }

  @Test
  void shouldNotLetASmallMessageOvertakeWhenALargeOneWaits() {
    List<ScriptedLink> peers = Stream.generate(this::peer).limit(5).toList();
    peers.forEach(each -> each.say(header(LONG, 700_000), new byte[70_000]));
    assertThat(peers.get(4).isRead()).isFalse();

    ScriptedLink small = peer().say(header(LONG, 100_000), new byte[70_000]);

    assertThat(small.isRead()).isFalse();
  }

  @Test
  void shouldNotWaitWhenASubscriberTookNothingForLong() throws InterruptedException {
    PubCore[] made = new PubCore[1];
    Outbox outbox = new Outbox(1, true, () -> world.execute(() -> made[0].pump()));
    SocketOptions options =
        SocketOptions.of(pool).withMaxMessagesPerPeer(1).withSlowPeerWait(SECOND);
    PubCore publisher = new PubCore(options, world, outbox);
    made[0] = publisher;
    new ScriptedLink(world, publisher)
        .say(greeting(), ready("SUB"), command("SUBSCRIBE", NONE))
        .listen();
    ByteBuffer[] body = {ByteBuffer.allocate(2 << 20)};

    for (int i = 0; i < 20; i++) {
      while (outbox.put(Message.outbound(body, false, () -> {}), 0) != SendResult.SENT) {
        pass(Duration.ofMillis(100));
      }
      pass(Duration.ofMillis(1));
    }

    assertThat(Duration.ofNanos(world.nanoTime())).isBetween(SECOND, Duration.ofSeconds(8));
    publisher.closeAll();
  }

  private List<Long> attempts(Dialer.Connector connector, Duration time) {
    List<Long> times = new ArrayList<>();
    Dialers dialers =
        new Dialers(
            core,
            world,
            world.random(),
            each -> {
              times.add(world.nanoTime());
              connector.connect(each);
            });
    dialers.connect(TransportAddress.tcp("peer", 1));
    pass(time);
    dialers.stopAll();
    return times;
  }

  @Test
  void shouldWaitLongerAndAtRandomWhenConnectionsAreRefused() {
    List<Long> times = attempts(each -> each.failed("nobody"), Duration.ofMinutes(2));

    assertThat(times.size()).isBetween(30, 100);
    List<Long> late = times.subList(10, times.size());
    assertThat(late.stream().map(time -> time % 5_000_000_000L).distinct().count())
        .isGreaterThan(10);
  }

  @Test
  void shouldWaitAMinuteWhenThePeerSaysError() {
    Dialer.Connector connector =
        each ->
            new ScriptedLink(world, core, each)
                .say(greeting(), command("ERROR", join(bytes(2), NONE, bytes('n', 'o'))));

    assertThat(attempts(connector, Duration.ofSeconds(59))).hasSize(1);
    assertThat(attempts(connector, Duration.ofSeconds(61))).hasSize(2);
  }

  /** What is logged meanwhile; the build's own level leaves warnings out. */
  private static String logOf(Class<?> logging, Runnable action) throws Exception {
    Logger logger = LoggerFactory.getLogger(logging);
    Field level = SimpleLogger.class.getDeclaredField("currentLogLevel");
    level.setAccessible(true);
    Object levelBefore = level.get(logger);
    PrintStream before = System.err;
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    level.set(logger, LocationAwareLogger.WARN_INT);
    try {
      action.run();
    } finally {
      level.set(logger, levelBefore);
      System.setErr(before);
    }
    return written.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldLogOnceInTenSecondsWhenManyStrangersCome() throws Exception {
    byte[] stranger = "GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII);
    String log =
        logOf(
            SocketCore.class,
            () -> {
              for (int i = 0; i < 110; i++) {
                new ScriptedLink(world, core).say(stranger);
                pass(Duration.ofMillis(100));
              }
            });

    assertThat(log.lines().filter(line -> line.contains("connection closed"))).hasSize(2);
    assertThat(core.closedByReason()).isEqualTo(Map.of("not_zmtp", 110L, "handshake", 110L));
  }

  @Test
  void shouldLogOneHarmlessLineWhenAPeersErrorHoldsControlCharacters() throws Exception {
    byte[] reason = join(bytes(6, 'a', '\n', 0x1b, 0xff, 0x7f, 'b'));

    String log =
        logOf(
            SocketCore.class,
            () -> new ScriptedLink(world, core).say(greeting(), command("ERROR", reason)));

    assertThat(log.lines()).hasSize(1);
    assertThat(log).contains("peer says: a????b");
  }

  @Test
  void shouldCloseTheConnectionWhenOurOwnCodeFails() throws Exception {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel
        .pipeline()
        .addLast(
            new NettyLink(
                channel,
                "peer",
                1024,
                link -> {
                  throw new StackOverflowError("a fault of ours");
                }));

    String log = logOf(NettyLink.class, () -> channel.pipeline().fireChannelActive());

    assertThat(channel.isOpen()).isFalse();
    assertThat(log).contains("unexpected failure").contains("a fault of ours");
  }
}
