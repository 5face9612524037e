// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SubscriptionTableTest {
  private final SubscriptionTable table = new SubscriptionTable();

  private static ByteBuffer topic(String text) {
    return ByteBuffer.wrap(Wire.ascii(text));
  }

  private boolean matches(String start) {
    // What lies behind the length is left over from a message before.
    return table.matches(Wire.ascii(start + "abc"), start.length());
  }

  @Test
  void shouldMatchByPrefixWhenSubscribed() throws ProtocolException {
    table.add(topic("ab"));

    assertThat(matches("ab")).isTrue();
    assertThat(matches("abz")).isTrue();
    assertThat(matches("a")).as("shorter than the prefix").isFalse();
    assertThat(matches("")).isFalse();
    assertThat(matches("ba")).isFalse();
  }

  @Test
  void shouldMatchEverythingWhenThePrefixIsEmpty() throws ProtocolException {
    assertThat(matches("x")).isFalse();
    assertThat(table.isEmpty()).isTrue();
    table.add(topic(""));

    assertThat(matches("")).isTrue();
    assertThat(matches("x")).isTrue();
    assertThat(table.isEmpty()).isFalse();
  }

  @Test
  void shouldKeepASubscriptionUntilCancelledAsOftenAsMade() throws ProtocolException {
    table.add(topic("a"));
    table.add(topic("a"));
    table.add(topic("ab"));
    table.cancel(topic("a"));
    assertThat(matches("ax")).isTrue();
    table.cancel(topic("a"));
    assertThat(matches("ax")).isFalse();
    assertThat(matches("ab")).as("another prefix stays").isTrue();

    table.cancel(topic("a"));
    table.cancel(topic("never"));
    table.add(topic("a"));
    assertThat(matches("ax")).as("a cancel too many is not owed").isTrue();
  }

  @Test
  void shouldLeaveTheBufferAloneWhenItIsReadOnlyAndInTheMiddle() throws ProtocolException {
    ByteBuffer buffer = ByteBuffer.wrap(Wire.ascii("xxabyy")).asReadOnlyBuffer();
    buffer.position(2).limit(4);
    table.add(buffer);
    assertThat(buffer.position()).isEqualTo(2);
    assertThat(matches("ab")).isTrue();
    assertThat(matches("xxab")).isFalse();

    table.cancel(buffer);
    assertThat(matches("ab")).isFalse();
  }

  @Test
  void shouldRefuseWhenTopicsAreTooLongOrTooMany() throws ProtocolException {
    byte[] longest = Wire.body(255);
    table.add(ByteBuffer.wrap(longest));
    assertThat(table.matches(longest, 255)).isTrue();
    assertThat(table.matches(longest, 254)).isFalse();
    assertThatThrownBy(() -> table.add(ByteBuffer.allocate(256)))
        .isInstanceOf(ProtocolException.class);
    table.cancel(ByteBuffer.allocate(256));
    for (int i = 1; i < 1000; i++) {
      table.add(topic("topic" + i));
    }

    table.add(topic("topic1"));
    assertThatThrownBy(() -> table.add(topic("one more"))).isInstanceOf(ProtocolException.class);
    assertThat(matches("one more")).isFalse();
    table.cancel(topic("topic2"));
    table.add(topic("one more"));
    assertThat(matches("one more")).isTrue();
  }

  @Test
  void shouldAgreeWithASimpleModelWhenUsedAtRandom() throws ProtocolException {
    Random random = new Random(5);
    Map<String, Integer> model = new HashMap<>();
    int[] outcomes = {0, 0};
    for (int i = 0; i < 20_000; i++) {
      String text = word(random);
      switch (random.nextInt(5)) {
        case 0 -> {
          table.add(topic(text));
          model.merge(text, 1, Integer::sum);
        }
        case 1, 2, 3 -> {
          table.cancel(topic(text));
          model.computeIfPresent(text, (k, count) -> count == 1 ? null : count - 1);
        }
        default -> {
          boolean expected = model.keySet().stream().anyMatch(text::startsWith);
          assertThat(matches(text)).as(text).isEqualTo(expected);
          outcomes[expected ? 1 : 0]++;
        }
      }
      assertThat(table.isEmpty()).isEqualTo(model.isEmpty());
    }
    assertThat(Math.min(outcomes[0], outcomes[1])).as("both outcomes").isGreaterThan(500);
  }

  private static String word(Random random) {
    StringBuilder word = new StringBuilder();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      word.append((char) ('a' + random.nextInt(4)));
    }
    return word.toString();
  }
}
