// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NettyLeaksTest {
  @Test
  void shouldFindALeakWhenOneIsPlanted() {
    ByteBufAllocator.DEFAULT.directBuffer(77);

    List<String> found = List.of();
    for (int i = 0; i < 100 && found.isEmpty(); i++) {
      found = NettyLeaks.found();
    }
    NettyLeaks.forget();

    assertThat(found).isNotEmpty();
  }
}
