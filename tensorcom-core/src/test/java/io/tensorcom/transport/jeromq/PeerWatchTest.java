// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import zmq.ZMQ;

final class PeerWatchTest {
  private long now = 1;
  private final PeerWatch watch = new PeerWatch(Duration.ofSeconds(1), () -> now);

  private void happens(int event) {
    watch.consume(new ZMQ.Event(event, "tcp://127.0.0.1:1", this));
  }

  private int nudgesWithin(long millis) {
    int nudges = 0;
    for (int i = 0; i < millis; i++) {
      now += TimeUnit.MILLISECONDS.toNanos(1);
      if (watch.takeNudge()) {
        nudges++;
      }
    }
    return nudges;
  }

  @Test
  void shouldNudgeWhenTheGreetingHasComeAlready() throws Exception {
    happens(ZMQ.ZMQ_EVENT_CONNECTED);
    happens(ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL);
    assertThat(watch.isSettled(Duration.ZERO)).isTrue();

    assertThat(nudgesWithin(4)).isZero();
    assertThat(nudgesWithin(1)).isEqualTo(1);
    assertThat(nudgesWithin(60_000)).isBetween(4, 10);
  }

  @Test
  void shouldNudgeAgainWhenThereIsANewConnection() {
    happens(ZMQ.ZMQ_EVENT_CONNECTED);
    nudgesWithin(60_000);

    happens(ZMQ.ZMQ_EVENT_CONNECTED);

    assertThat(nudgesWithin(5)).isEqualTo(1);
  }

  @Test
  void shouldNotNudgeWhenNothingWasConnected() {
    happens(ZMQ.ZMQ_EVENT_ACCEPTED);

    assertThat(nudgesWithin(10_000)).isZero();
  }
}
