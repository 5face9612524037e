// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The words that tell an end. */
final class EndNoticeTest {
  private static final EndNotice END = new EndNotice(0x0102030405060708L, 41, 2, 14, true);

  @Test
  void shouldWriteFiveLittleEndianWordsWhenAnEndIsTold() {
    assertThat(HexFormat.of().formatHex(END.encode().array()))
        .isEqualTo(
            "0807060504030201"
                + "2900000000000000"
                + "0200000000000000"
                + "0e00000000000000"
                + "0100000000000000");
    assertThat(EndNotice.decode(END.encode())).isEqualTo(END);
  }

  @Test
  void shouldIgnoreWhatFollowsWhenALaterVersionSaysMore() {
    ByteBuffer longer = ByteBuffer.allocate(64).put(END.encode()).rewind();
    longer.order(ByteOrder.LITTLE_ENDIAN).putLong(32, 3).putLong(40, 99);

    assertThat(EndNotice.decode(longer)).isEqualTo(END);
  }

  @Test
  void shouldGoOnWhenOnlyFlagsAreSetThatAreNotKnown() {
    ByteBuffer words = END.encode().order(ByteOrder.LITTLE_ENDIAN).putLong(32, ~1L);

    assertThat(EndNotice.decode(words)).isEqualTo(new EndNotice(END.streamId(), 41, 2, 14, false));
  }

  @Test
  void shouldReadTheEndOfTheStreamWhenEveryFlagIsSet() {
    ByteBuffer words = END.encode().order(ByteOrder.LITTLE_ENDIAN).putLong(32, -1);

    assertThat(EndNotice.decode(words)).isEqualTo(END);
  }

  @Test
  void shouldReadAnEndWhenNothingWasEverSent() {
    EndNotice empty = new EndNotice(1, -1, 0, 0, true);

    assertThat(EndNotice.decode(empty.encode())).isEqualTo(empty);
  }

  @Test
  void shouldReadNothingWhenWordsMakeNoSense() {
    assertThat(EndNotice.decode(ByteBuffer.allocate(39))).isNull();
    for (int word = 1; word < 4; word++) {
      for (long value : new long[] {-1, -2, Long.MIN_VALUE}) {
        ByteBuffer bad = ByteBuffer.allocate(40).put(END.encode()).rewind();
        bad.order(ByteOrder.LITTLE_ENDIAN).putLong(8 * word, value);
        boolean nothingSent = word == 1 && value == -1;
        assertThat(EndNotice.decode(bad) != null)
            .as("word %d is %d", word, value)
            .isEqualTo(nothingSent);
      }
    }
  }
}
