// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ShortFramesTest {
  private final List<Message> messages = new ArrayList<>();

  private final FrameReader reader =
      new FrameReader(
          1 << 20,
          5,
          4096,
          "peer",
          new FrameReader.Listener() {
            @Override
            public void onCommand(ByteBuffer frame) {
              throw new AssertionError("no command was sent");
            }

            @Override
            public void onMessage(Message message) {
              messages.add(message);
            }
          },
          new MemoryGate(TensorPool.ofBudget(1 << 20), 1 << 20, new ManualScheduler()),
          () -> {});

  /** A message of one frame of three bytes. */
  private ByteBuffer receive(int first) throws ProtocolException {
    reader.consume(ByteBuffer.wrap(new byte[] {0, 3, (byte) first, 8, 9}));
    return messages.get(messages.size() - 1).piece(0);
  }

  @Test
  void shouldUseMemoryAgainWhenMessageIsReleased() throws ProtocolException {
    ByteBuffer first = receive(1);
    messages.get(0).release();

    assertThat(receive(2)).isSameAs(first);
    assertThat(messages.get(1).piece(0)).isEqualTo(ByteBuffer.wrap(new byte[] {2, 8, 9}));
  }

  @Test
  void shouldLeaveMemoryAloneWhenMessageIsNotReleased() throws ProtocolException {
    ByteBuffer first = receive(1);
    ByteBuffer second = receive(2);

    assertThat(second).isNotSameAs(first);
    assertThat(first).isEqualTo(ByteBuffer.wrap(new byte[] {1, 8, 9}));
  }

  @Test
  void shouldTakeMemoryBackOnceWhenMessageIsReleasedTwice() throws ProtocolException {
    receive(1);
    messages.get(0).release();
    messages.get(0).release();

    assertThat(receive(2)).isNotSameAs(receive(3));
  }
}
