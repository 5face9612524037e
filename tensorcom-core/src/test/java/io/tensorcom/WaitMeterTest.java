// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class WaitMeterTest {
  private final AtomicLong clock = new AtomicLong(-7);
  private final WaitMeter meter = new WaitMeter(clock::get);

  @Test
  void shouldCountOnlyTheTimeWhenSomebodyWaits() {
    clock.addAndGet(100);
    meter.begin();
    clock.addAndGet(20);
    meter.end();
    clock.addAndGet(1000);

    assertThat(meter.nanos()).isEqualTo(20);
  }

  @Test
  void shouldCountThoseThatStillWaitWhenAsked() {
    meter.begin();
    clock.addAndGet(5);
    meter.begin();
    clock.addAndGet(10);

    assertThat(meter.nanos()).isEqualTo(25);
    meter.end();
    clock.addAndGet(1);
    assertThat(meter.nanos()).isEqualTo(26);
  }
}
