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

  @Test
  void shouldTellWhereABufferWasTakenWhenItIsGivenBackToo() {
    ByteBufAllocator.DEFAULT.heapBuffer(77).release();
    ByteBufAllocator.DEFAULT.directBuffer(77).release();
    List<String> taken = NettyLeaks.allocated();
    NettyLeaks.forget();

    assertThat(taken).hasSize(2).allMatch(each -> each.contains("NettyLeaksTest"));
    assertThat(NettyLeaks.found()).isEmpty();
    assertThat(NettyLeaks.allocated()).as("what the search itself takes").isEmpty();
  }
}
