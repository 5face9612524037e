// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ShortFramesTest {
  private final List<Message> messages = new ArrayList<>();

  private final MemoryGate gate =
      new MemoryGate(TensorPool.ofBudget(1 << 20), 1 << 20, new ManualScheduler());
  private final FrameReader reader = newReader();

  private FrameReader newReader() {
    return new FrameReader(
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
        gate,
        () -> {});
  }

  /** A message of one frame: so many bytes, which are 0 but for the first. */
  private ByteBuffer receive(int first, int length) throws ProtocolException {
    return receive(reader, first, length);
  }

  private ByteBuffer receive(FrameReader reader, int first, int length) throws ProtocolException {
    reader.consume(frame(length + 2).put(1, (byte) length).put(2, (byte) first));
    return messages.get(messages.size() - 1).piece(0);
  }

  private ByteBuffer receive(int first) throws ProtocolException {
    return receive(first, 24);
  }

  private static ByteBuffer frame(int length) {
    return ByteBuffer.allocate(length);
  }

  @Test
  void shouldUseMemoryAgainWhenMessageIsReleased() throws ProtocolException {
    ByteBuffer first = receive(1);
    messages.get(0).release();

    assertThat(receive(2)).isSameAs(first);
    assertThat(messages.get(1).piece(0)).isEqualTo(frame(24).put(0, (byte) 2));
  }

  @Test
  void shouldLeaveMemoryAloneWhenMessageIsNotReleased() throws ProtocolException {
    ByteBuffer first = receive(1);
    ByteBuffer second = receive(2);

    assertThat(second).isNotSameAs(first);
    assertThat(first).isEqualTo(frame(24).put(0, (byte) 1));
  }

  @Test
  void shouldTakeMemoryBackOnceWhenMessageIsReleasedTwice() throws ProtocolException {
    receive(1);
    messages.get(0).release();
    messages.get(0).release();

    assertThat(receive(2)).isNotSameAs(receive(3));
  }

  @Test
  void shouldTakeNoMoreThanNeededWhenFrameIsShorterThanAHeader() throws ProtocolException {
    assertThat(receive(1, 23).capacity()).isEqualTo(23);
    assertThat(receive(2, 24).capacity()).isEqualTo(Limits.HEAP_BYTES);
  }

  @Test
  void shouldUseAllMemoryAgainWhenManyMessagesHaveWaited() throws ProtocolException {
    Set<ByteBuffer> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < 2000; i++) {
      seen.add(receive(1));
    }
    messages.forEach(Message::release);

    for (int i = 0; i < 2000; i++) {
      assertThat(seen.contains(receive(2))).isTrue();
    }
  }

  @Test
  void shouldUseMemoryAgainWhenAnotherConnectionHadIt() throws ProtocolException {
    ByteBuffer first = receive(1);
    messages.get(0).release();

    assertThat(receive(newReader(), 2, 24)).isSameAs(first);
  }
}
