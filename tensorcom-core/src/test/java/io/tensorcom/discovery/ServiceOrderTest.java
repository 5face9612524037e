// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ServiceOrderTest {
  private static Endpoint at(int last, int priority, int weight) {
    try {
      InetAddress address = InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
      return new Endpoint(address, 7880, priority, weight, Endpoint.State.FRESH);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static final List<Endpoint> SERVICE =
      List.of(at(4, 10, 9), at(1, 0, 0), at(2, 0, 1), at(3, 0, 3));

  @Test
  void shouldDrawByWeightWhenThereAreSeveralOfAPriority() {
    int draws = 10_000;
    int[] first = new int[5];
    Random random = new Random(2782);
    for (int i = 0; i < draws; i++) {
      List<Endpoint> order = ServiceOrder.draw(SERVICE, random);
      assertThat(order).hasSize(4).endsWith(at(4, 10, 9)).doesNotHaveDuplicates();
      first[order.get(0).address().getAddress()[3]]++;
    }

    // A number of 0..4 is drawn: 0 chooses the one without weight, 1 the next, 2..4 the last.
    double[] shares = {0, 0.2, 0.2, 0.6, 0};
    for (int i = 1; i < 5; i++) {
      double sigma = Math.sqrt(draws * shares[i] * (1 - shares[i]));
      assertThat((double) first[i])
          .isBetween(draws * shares[i] - 3 * sigma, draws * shares[i] + 3 * sigma);
    }
  }

  @Test
  void shouldDrawTheSameWhenSeedIsTheSameAndAnswersAreShuffled() {
    List<Endpoint> shuffled = new ArrayList<>(SERVICE);
    for (int seed = 0; seed < 50; seed++) {
      Collections.shuffle(shuffled, new Random(seed));
      assertThat(ServiceOrder.draw(shuffled, new Random(seed)))
          .isEqualTo(ServiceOrder.draw(SERVICE, new Random(seed)));
    }
  }
}
