// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

final class Crc32cTest {
  private static long crc(byte[] data, int from, int to) {
    CRC32C sum = new CRC32C();
    sum.update(data, from, to - from);
    return sum.getValue();
  }

  @Test
  void shouldGiveThatOfTheWholeWhenAppendingAnyPart() {
    Random random = new Random(7);
    byte[] data = new byte[70_000];
    random.nextBytes(data);
    for (int i = 0; i < 2000; i++) {
      int end = random.nextInt(i % 4 == 0 ? data.length : 100);
      int middle = random.nextInt(end + 1);

      long whole = Crc32c.append(crc(data, 0, middle), crc(data, middle, end), end - middle);

      assertThat(whole).as("%d of %d bytes", middle, end).isEqualTo(crc(data, 0, end));
    }
  }

  @Test
  void shouldStayTheSameWhenAPowerOfTwoIsMadeOfHalves() {
    // Of n zeros: the only content whose CRC is quickly known for lengths near 2^31.
    long half = crc(new byte[1], 0, 1);
    for (int bits = 0; bits < 31; bits++) {
      half = Crc32c.append(half, half, 1L << bits);
    }
    CRC32C sum = new CRC32C();
    byte[] block = new byte[1 << 20];
    for (int i = 0; i < 2048; i++) {
      sum.update(block);
    }
    assertThat(half).isEqualTo(sum.getValue());
  }
}
