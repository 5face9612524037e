// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Encodings made by the Python tensorcom, in both directions. */
final class GoldenVectorsTest {
  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);

  @AfterEach
  void shouldHoldNoLease() {
    assertThat(pool.stats().leases()).isZero();
  }

  static Stream<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    manifest().fieldNames().forEachRemaining(names::add);
    assertThat(names).hasSize(39);
    return names.stream();
  }

  private static JsonNode manifest() throws IOException {
    try (InputStream stream =
        GoldenVectorsTest.class.getResourceAsStream("/vectors/manifest.json")) {
      return new ObjectMapper().readTree(stream);
    }
  }

  private static Path file(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(GoldenVectorsTest.class.getResource("/vectors/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static List<ByteBuffer> frames(String name) throws IOException {
    ByteBuffer all =
        ByteBuffer.wrap(Files.readAllBytes(file(name + ".frames"))).order(ByteOrder.LITTLE_ENDIAN);
    List<ByteBuffer> frames = new ArrayList<>();
    while (all.hasRemaining()) {
      int length = Math.toIntExact(all.getLong());
      frames.add(all.slice(all.position(), length));
      all.position(all.position() + length);
    }
    return frames;
  }

  private static Message message(List<ByteBuffer> frames) {
    return Message.inbound(frames, Collections.nCopies(frames.size(), null), "golden");
  }

  private static void assertMatches(TensorBatch batch, JsonNode expected) {
    assertThat(batch.size()).isEqualTo(expected.size());
    for (int i = 0; i < batch.size(); i++) {
      Tensor tensor = batch.get(i);
      JsonNode manifest = expected.get(i);
      assertThat(tensor.dtype()).isEqualTo(DType.of(manifest.get("dtype").asText()));
      long[] shape =
          StreamSupport.stream(manifest.get("shape").spliterator(), false)
              .mapToLong(JsonNode::asLong)
              .toArray();
      assertThat(tensor.shape()).isEqualTo(shape);
      assertThat(tensor.info()).isEqualTo(manifest.get("info").asText());
      assertThat(Batches.sha256(tensor)).isEqualTo(manifest.get("sha256").asText());
    }
  }

  private static byte[] bytes(Message message) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < message.pieceCount(); i++) {
      byte[] piece = new byte[message.piece(i).remaining()];
      message.piece(i).duplicate().get(piece);
      all.writeBytes(piece);
    }
    return all.toByteArray();
  }

  @ParameterizedTest
  @MethodSource("names")
  void shouldDecodeAndEncodeTheSameFramesWhenMultipart(String name) throws IOException {
    List<ByteBuffer> frames = frames(name);
    try (TensorBatch batch = decoder.decode(message(frames))) {
      assertMatches(batch, manifest().get(name));

      Message encoded = new BatchEncoder(Encoding.MULTIPART).message(batch);
      assertThat(encoded.pieceCount()).isEqualTo(frames.size());
      for (int i = 0; i < frames.size(); i++) {
        assertThat(encoded.piece(i)).isEqualTo(frames.get(i));
      }
      encoded.release();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void shouldDecodeAndEncodeTheSameBytesWhenSingle(String name) throws IOException {
    byte[] file = Files.readAllBytes(file(name + ".ten"));
    try (TensorBatch batch = decoder.decode(message(List.of(ByteBuffer.wrap(file))))) {
      assertMatches(batch, manifest().get(name));

      Message encoded = new BatchEncoder(Encoding.SINGLE).message(batch);
      assertThat(encoded.isSingleFrame()).isTrue();
      assertThat(bytes(encoded)).isEqualTo(file);
      encoded.release();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void shouldReadAsOneBatchWhenTheFileHasNoIndex(String name) throws IOException {
    try (TenFileReader reader = TenFile.open(file(name + ".ten"))) {
      assertThat(reader.batchCount()).isEqualTo(1);
      try (TensorBatch batch = reader.batch(0)) {
        assertMatches(batch, manifest().get(name));
      }
    }
  }
}
