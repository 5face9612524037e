// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.greeting;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.message;
import static io.tensorcom.transport.zmtp.Wire.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** An address that is left while its peer is still shaking hands. */
final class DialersTest {
  private static final TransportAddress ADDRESS = TransportAddress.tcp("host", 1);
  private static final Duration LINGER = Duration.ofSeconds(2);

  private final ManualScheduler scheduler = new ManualScheduler();
  private final Deque<Dialer> connecting = new ArrayDeque<>();
  private final List<String> told = new ArrayList<>();
  private final SourceCore pull = source(SocketRole.PULL);
  private final Dialers dialers = dialers(pull);

  private SourceCore source(SocketRole role) {
    return new SourceCore(role, SocketOptions.of(TensorPool.ofBudget(1 << 20)), scheduler);
  }

  private Dialers dialers(SocketCore core) {
    Dialers all = new Dialers(core, scheduler, RandomGenerator.getDefault(), connecting::addLast);
    all.setListener(
        new ConnectionListener() {
          @Override
          public void connected(TransportAddress address) {
            told.add("connected");
          }

          @Override
          public void unreachable(TransportAddress address, String reason) {
            told.add("unreachable");
          }

          @Override
          public void disconnected(TransportAddress address) {
            told.add("disconnected");
          }
        });
    return all;
  }

  /** The connection that was begun stands, and nothing has come yet. */
  private FakeLink reach(SocketCore core) {
    Dialer dialer = connecting.removeFirst();
    FakeLink link = new FakeLink(scheduler, ADDRESS.toString());
    link.open(each -> core.open(each, dialer));
    scheduler.runDue();
    return link;
  }

  private void receive(int length) throws InterruptedException {
    Message message = pull.inbox().poll(0);
    assertThat(message).isNotNull();
    assertThat(message.byteSize()).isEqualTo(length);
    message.release();
  }

  @Test
  void shouldReceiveWhatThePusherHadGivenWhenItIsLeftWhileItShakesHands()
      throws InterruptedException {
    dialers.connect(ADDRESS);
    FakeLink pusher = reach(pull);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    pusher.feed(join(greeting(1), ready("PUSH"), message(new byte[7])));
    scheduler.advance(LINGER.minusMillis(1));
    pusher.feed(message(new byte[8]));
    scheduler.advance(LINGER.minusMillis(1));

    receive(7);
    receive(8);
    assertThat(pusher.isClosed()).isFalse();
    scheduler.advance(Duration.ofMillis(1));
    assertThat(pusher.isClosed()).as("it has been quiet for as long as it may linger").isTrue();
    assertThat(told).containsExactly("connected", "disconnected");
    scheduler.advance(Duration.ofMinutes(2));
    assertThat(connecting).as("connected no more").isEmpty();
  }

  private FakeLink reconnect(FakeLink lost, byte[]... messages) {
    lost.lose();
    scheduler.advance(Duration.ofSeconds(1));
    FakeLink link = reach(pull);
    link.feed(join(greeting(1), ready("PUSH"), join(messages)));
    return link;
  }

  @Test
  void shouldHandOutWhatIsLeftOfALostConnectionFirstWhenItIsConnectedAgain()
      throws InterruptedException {
    dialers.connect(ADDRESS);
    FakeLink first = reach(pull);
    first.feed(join(greeting(1), ready("PUSH"), message(new byte[1]), message(new byte[2])));
    FakeLink second = reconnect(first);
    FakeLink third = reconnect(second, message(new byte[3]), message(new byte[4]));
    FakeLink fourth = reconnect(third, message(new byte[5]));

    for (int length = 1; length <= 4; length++) {
      receive(length);
    }
    fourth.feed(message(new byte[6]));
    receive(5);
    receive(6);
    assertThat(pull.inbox().poll(0)).isNull();
  }

  @Test
  void shouldEndTheConnectionWhenThePusherThatIsLeftDoesNotShakeHands() {
    dialers.connect(ADDRESS);
    FakeLink mute = reach(pull);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    scheduler.advance(LINGER);

    assertThat(mute.isClosed()).isTrue();
    assertThat(told).isEmpty();
    dialers.connect(ADDRESS);
    assertThat(connecting).as("a connection of its own").hasSize(1);
  }

  @Test
  void shouldKeepTheConnectionWhenTheAddressComesBackWhileItShakesHands()
      throws InterruptedException {
    dialers.connect(ADDRESS);
    FakeLink pusher = reach(pull);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    dialers.connect(ADDRESS);
    assertThat(connecting).as("a second connection").isEmpty();
    pusher.feed(join(greeting(1), ready("PUSH")));
    scheduler.advance(LINGER.multipliedBy(10));
    pusher.feed(message(new byte[7]));

    receive(7);
    assertThat(told).containsExactly("connected");
  }

  @Test
  void shouldConnectAgainWhenTheAddressCameBackAndThePeerThenRefuses() {
    dialers.connect(ADDRESS);
    FakeLink pusher = reach(pull);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    dialers.connect(ADDRESS);
    pusher.feed(join(greeting(1), Wire.command("ERROR", Wire.ascii("\3not"))));

    assertThat(pusher.isClosed()).isTrue();
    assertThat(told).containsExactly("unreachable");
    scheduler.advance(Duration.ofMinutes(2));
    assertThat(connecting).as("tried again").hasSize(1);
  }

  @Test
  void shouldNotConnectAgainWhenAPeerThatIsLeftRefuses() {
    dialers.connect(ADDRESS);
    FakeLink pusher = reach(pull);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    pusher.feed(join(greeting(1), Wire.command("ERROR", Wire.ascii("\3not"))));

    assertThat(pusher.isClosed()).isTrue();
    scheduler.advance(Duration.ofMinutes(2));
    assertThat(connecting).isEmpty();
    assertThat(told).isEmpty();
  }

  @Test
  void shouldLeaveInOrderWhenTheAddressCameBackAndWentSeveralTimes() throws InterruptedException {
    dialers.connect(ADDRESS);
    FakeLink pusher = reach(pull);
    for (int i = 0; i < 3; i++) {
      dialers.disconnect(ADDRESS, LINGER.toNanos());
      scheduler.advance(Duration.ofMillis(500));
      dialers.connect(ADDRESS);
      scheduler.advance(Duration.ofMillis(500));
    }
    assertThat(connecting).isEmpty();
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    pusher.feed(join(greeting(1), ready("PUSH"), message(new byte[7])));
    receive(7);
    scheduler.advance(LINGER.minusMillis(1));
    assertThat(pusher.isClosed()).isFalse();
    scheduler.advance(Duration.ofMillis(1));

    assertThat(pusher.isClosed()).isTrue();
    assertThat(told).containsExactly("connected", "disconnected");
  }

  @Test
  void shouldEndWhatIsLeftWhileItShakesHandsWhenTheSocketIsClosed() {
    dialers.connect(ADDRESS);
    FakeLink pusher = reach(pull);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    dialers.stopAll();
    pull.closeAll();
    scheduler.runDue();

    assertThat(pusher.isClosed()).isTrue();
    scheduler.advance(Duration.ofMinutes(2));
    assertThat(connecting).isEmpty();
    assertThat(told).isEmpty();
    assertThat(pull.closedByReason()).as("nobody's fault").isEmpty();
  }

  @Test
  void shouldEndAtTheHandshakesTimeoutWhenItMayLingerLonger() {
    dialers.connect(ADDRESS);
    FakeLink mute = reach(pull);
    dialers.disconnect(ADDRESS, Duration.ofHours(1).toNanos());
    scheduler.advance(Duration.ofMinutes(2));

    assertThat(mute.isClosed()).isTrue();
    assertThat(connecting).isEmpty();
    assertThat(told).isEmpty();
    dialers.connect(ADDRESS);
    assertThat(connecting).as("a connection of its own").hasSize(1);
  }

  @Test
  void shouldEndTheConnectionAtOnceWhenNothingMayLinger() {
    dialers.connect(ADDRESS);
    FakeLink pusher = reach(pull);
    dialers.disconnect(ADDRESS, 0);
    assertThat(pusher.isClosed()).isTrue();

    dialers.connect(ADDRESS);
    FakeLink lingering = reach(pull);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    dialers.disconnect(ADDRESS, 0);
    assertThat(lingering.isClosed()).isTrue();
  }

  @Test
  void shouldEndTheConnectionAtOnceWhenThePeerGivesNothingUnasked() {
    SourceCore sub = source(SocketRole.SUB);
    Dialers subscribing = dialers(sub);
    subscribing.connect(ADDRESS);
    FakeLink publisher = reach(sub);
    subscribing.disconnect(ADDRESS, LINGER.toNanos());

    assertThat(publisher.isClosed()).isTrue();
  }

  @Test
  void shouldSayNothingWhenTheAddressWasLeftBeforeItWasConnected() {
    dialers.connect(ADDRESS);
    dialers.disconnect(ADDRESS, LINGER.toNanos());
    FakeLink pusher = reach(pull);

    assertThat(pusher.written()).as("a pusher that heard us would give us messages").isEmpty();
    assertThat(pusher.isClosed()).isTrue();
    assertThat(told).isEmpty();
  }
}
