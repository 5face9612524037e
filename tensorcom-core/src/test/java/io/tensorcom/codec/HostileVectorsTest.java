// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages that are not batches; the implementation in {@code examples/python} has the same. */
final class HostileVectorsTest {
  private final TensorPool pool = TensorPool.builder().budgetBytes(1 << 20).checked(true).build();

  @AfterEach
  void shouldHoldNoLease() {
    assertThat(pool.stats().leases()).isZero();
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(
        HostileVectorsTest.class.getResourceAsStream("/vectors/hostile/" + name));
  }

  private static Stream<String> named(String verdict) throws IOException {
    try (InputStream manifest = resource("manifest.json")) {
      JsonNode all = new ObjectMapper().readTree(manifest);
      return all.properties().stream()
          .filter(entry -> entry.getValue().asText().equals(verdict))
          .map(Map.Entry::getKey);
    }
  }

  static Stream<String> refused() throws IOException {
    return named("refused");
  }

  static Stream<String> either() throws IOException {
    return named("either");
  }

  private Message message(String name) throws IOException {
    try (InputStream file = resource(name + ".frames")) {
      ByteBuffer all = ByteBuffer.wrap(file.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      List<ByteBuffer> frames = new ArrayList<>();
      while (all.hasRemaining()) {
        int length = Math.toIntExact(all.getLong());
        frames.add(all.slice(all.position(), length));
        all.position(all.position() + length);
      }
      return Message.inbound(frames, Collections.nCopies(frames.size(), null), name);
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void shouldRefuseWhenAMessageIsNotABatch(String name) throws IOException {
    BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
    Message message = message(name);

    assertThatThrownBy(() -> decoder.decode(message)).isInstanceOf(MalformedBatchException.class);
  }

  @ParameterizedTest
  @MethodSource("either")
  void shouldRefuseOrDecodeNothingWhenTheShapeOfNoBytesIsHuge(String name) throws IOException {
    try {
      new BatchDecoder(DecodeLimits.DEFAULT, pool).decode(message(name)).close();
    } catch (MalformedBatchException e) {
      // The one way to refuse.
    }
  }
}
