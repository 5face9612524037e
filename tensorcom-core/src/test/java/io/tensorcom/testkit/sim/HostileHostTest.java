// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.ConnectedSenders;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.transport.SocketRole;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A socket connects to an honest peer and to a hostile one: the first must not notice, and the
 * second is named. On a clock of the simulation's.
 */
@Timeout(60)
final class HostileHostTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final String HOSTILE = "stranger://" + HostileHostFixture.HOSTILE;
  private static final long STREAM = Long.MIN_VALUE + 77;

  private static HostileHostFixture meet(
      SocketRole ours,
      SimStranger.Departure departure,
      boolean forbidden,
      Consumer<SimScript> says) {
    return new HostileHostFixture(
        ours,
        () -> {
          SimScript script = new SimScript(new Random(1), ours, HostileHostFixture.LIMIT);
          says.accept(script);
          return new SimStranger(SimSpeech.of(script, forbidden), departure);
        });
  }

  private static HostileHostFixture meetForbidden(SocketRole ours, Consumer<SimScript> says) {
    return meet(ours, SimStranger.Departure.LATER, true, says);
  }

  @ParameterizedTest
  @EnumSource(SocketRole.class)
  void shouldGiveUpAndNameItWhenAHostSaysNothing(SocketRole ours) throws Exception {
    HostileHostFixture world = meetForbidden(ours, script -> {});

    world.run(MINUTE);

    assertThat(world.closed("handshake_timeout")).as("again and again").isGreaterThan(1);
    assertThat(world.closed("handshake")).isEqualTo(world.closed("handshake_timeout"));
    assertThat(world.told()).anyMatch(each -> each.contains("no handshake within"));
    world.assertHonestStreamIsWhole();
  }

  @ParameterizedTest
  @EnumSource(SocketRole.class)
  void shouldCloseAndNameItWhenAHostSpeaksGarbage(SocketRole ours) throws Exception {
    HostileHostFixture world = meetForbidden(ours, script -> script.frame(0, script.some(5000)));

    world.run(MINUTE);

    assertThat(world.closed("not_zmtp")).isGreaterThan(10);
    assertThat(world.told()).anyMatch(each -> each.startsWith("unreachable"));
    world.assertHonestStreamIsWhole();
  }

  @ParameterizedTest
  @EnumSource(SocketRole.class)
  void shouldCloseBeforeThereIsMemoryWhenAHostLiesAboutALength(SocketRole ours) throws Exception {
    for (long length : new long[] {HostileHostFixture.LIMIT + 1, 1L << 31, 1L << 62, -1}) {
      HostileHostFixture world =
          meetForbidden(
              ours,
              script -> {
                script.shakeHands();
                script.claim(2, length);
                script.raw(new byte[5000]);
              });

      world.run(MINUTE);

      assertThat(world.closed("size")).as("%d", length).isPositive();
      assertThat(world.told()).contains("disconnected");
      world.assertHonestStreamIsWhole();
    }
  }

  /** A part of what it claimed, which is allowed; so much that there is memory for it by then. */
  private static void beginMessage(SimScript script, SocketRole ours) {
    script.shakeHands();
    boolean large = !ours.sends();
    script.frame(1, new byte[large ? 20_000 : 400]);
    script.claim(2, large ? 75_000 : 500);
    script.raw(new byte[large ? 70_000 : 300]);
  }

  @ParameterizedTest
  @EnumSource(SocketRole.class)
  void shouldHandOutNothingWhenAHostLeavesInTheMiddleOfAFrame(SocketRole ours) throws Exception {
    for (SimStranger.Departure each :
        List.of(SimStranger.Departure.HASTY, SimStranger.Departure.RESET)) {
      HostileHostFixture world = meet(ours, each, false, script -> beginMessage(script, ours));

      world.run(MINUTE);

      assertThat(world.told()).contains("disconnected");
      assertThat(world.handedOutOfStrangers()).isZero();
      world.assertHonestStreamIsWhole();
    }
  }

  @ParameterizedTest
  @EnumSource(SocketRole.class)
  void shouldCloseWhenAHostStopsInTheMiddleOfAFrame(SocketRole ours) throws Exception {
    HostileHostFixture world = meetForbidden(ours, script -> beginMessage(script, ours));

    world.run(MINUTE.multipliedBy(2));

    assertThat(world.closed("stalled")).isGreaterThan(1);
    assertThat(world.handedOutOfStrangers()).isZero();
    world.assertHonestStreamIsWhole();
  }

  @ParameterizedTest
  @EnumSource(
      value = SocketRole.class,
      names = {"PULL", "SUB"})
  void shouldHandOutNothingAndCloseWhenAHostsBatchesAreBad(SocketRole ours) throws Exception {
    List<Consumer<SimScript>> bad =
        List.of(
            script -> script.alteredBatch(STREAM, 1),
            script -> script.lyingBatch(300),
            script -> script.lyingBatch(-1),
            script -> script.lyingBatch(1L << 62),
            script -> script.frame(0, new byte[300]));
    for (int i = 0; i < bad.size(); i++) {
      Consumer<SimScript> says = bad.get(i);
      HostileHostFixture world =
          meetForbidden(
              ours,
              script -> {
                script.shakeHands();
                script.batch(STREAM, 0, 0, 0, 0);
                says.accept(script);
              });

      world.run(MINUTE);

      assertThat(world.closed("malformed_batch")).as("case %d", i).isBetween(8L, 60L);
      assertThat(world.malformed()).isEqualTo((int) world.closed("malformed_batch"));
      assertThat(world.told()).contains("disconnected");
      world.assertHonestStreamIsWhole();
    }
  }

  private static HostileHostFixture hear(SocketRole ours, Consumer<SimScript> says)
      throws InterruptedException {
    HostileHostFixture world =
        meet(
            ours,
            SimStranger.Departure.LATER,
            false,
            script -> {
              script.shakeHands();
              says.accept(script);
            });
    world.run(MINUTE);
    return world;
  }

  @ParameterizedTest
  @EnumSource(
      value = SocketRole.class,
      names = {"PULL", "SUB"})
  void shouldCountItForThatStreamOnlyWhenSequencesGoBackwards(SocketRole ours) throws Exception {
    HostileHostFixture world = hear(ours, script -> script.goBackwards(STREAM, 40));

    StreamStats stream = world.stream(STREAM);
    assertThat(stream.peer()).isEqualTo(HOSTILE);
    assertThat(stream.received()).isEqualTo(21);
    assertThat(stream.reordered()).isEqualTo(20);
    assertThat(stream.duplicates()).isEqualTo(20);
    world.assertHonestStreamIsWhole();
  }

  @ParameterizedTest
  @EnumSource(
      value = SocketRole.class,
      names = {"PULL", "SUB"})
  void shouldStayCountableWhenWordsAreAsLargeAsTheyCanBe(SocketRole ours) throws Exception {
    HostileHostFixture world =
        hear(
            ours,
            script -> {
              for (int i = 0; i < 2; i++) {
                script.tellImpossible(STREAM + i);
                script.end(STREAM + i, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, true);
              }
            });

    assertThat(world.handedOutOfStrangers()).isEqualTo(12);
    assertThat(world.missing()).as("of all streams").isGreaterThan(Long.MAX_VALUE / 2);
    assertThat(world.verdicts()).extracting(StreamReport.Verdict::sent).contains(Long.MAX_VALUE);
    assertThat(world.verdicts()).allMatch(each -> each.lost() >= 0);
    world.assertHonestStreamIsWhole();
  }

  @ParameterizedTest
  @EnumSource(
      value = SocketRole.class,
      names = {"PULL", "SUB"})
  void shouldEnterItUnderItsAddressWhenAnEndNamesAnotherStream(SocketRole ours) throws Exception {
    HostileHostFixture world =
        hear(
            ours,
            script -> {
              script.batch(STREAM, 0, 0, 0, 0);
              script.end(STREAM + 1, 900, 3, 901, true);
            });

    assertThat(world.stream(STREAM).streamEnded()).isFalse();
    assertThat(world.stream(STREAM + 1).peer()).isEqualTo(HOSTILE);
    assertThat(world.restarts()).as("two streams of one address").isPositive();
    world.assertHonestStreamIsWhole();
  }

  @ParameterizedTest
  @EnumSource(
      value = SocketRole.class,
      names = {"PULL", "SUB"})
  void shouldReadNoFurtherWhenAHostEndsEpochsWithoutEnd(SocketRole ours) throws Exception {
    HostileHostFixture world =
        meet(
            ours,
            SimStranger.Departure.LATER,
            false,
            script -> {
              script.shakeHands();
              script.endWithoutEnd(STREAM, 20_000);
            });
    world.setReading(false);
    world.run(Duration.ofSeconds(20));
    assertThat(world.waiting(HOSTILE)).as("in the queue").isBetween(4096, 4200);

    world.setReading(true);
    world.run(MINUTE);

    assertThat(world.stream(STREAM).epoch()).isGreaterThan(4096);
    ConnectedSenders senders = new ConnectedSenders(true, Set.of(), Set.of(), 0);
    assertThat(world.epochs(Map.of(), senders).done())
        .as("one end, however many were told")
        .contains(STREAM);
    world.assertHonestStreamIsWhole();
  }

  @ParameterizedTest
  @EnumSource(
      value = SocketRole.class,
      names = {"PULL", "SUB"})
  void shouldNotForgetOthersWhenAHostTellsOfStreamsWithoutEnd(SocketRole ours) throws Exception {
    HostileHostFixture world = hear(ours, script -> script.beginWithoutEnd(STREAM, 20_000));

    assertThat(world.streams()).isEqualTo(1024);
    assertThat(world.forgotten()).isEqualTo(20_000 + 1 - 1024);
    world.assertHonestStreamIsWhole();
  }
}
