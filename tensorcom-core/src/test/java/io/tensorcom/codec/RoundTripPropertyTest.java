// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is encoded decodes to the same, and whatever is garbled decodes to a clear refusal. */
final class RoundTripPropertyTest {
  /** A tensor to be made. */
  record Spec(DType dtype, List<Long> shape, String info, long seed) {}

  @Provide
  Arbitrary<List<Spec>> batches() {
    Arbitrary<List<Long>> shapes =
        Arbitraries.longs().between(0, 4).list().ofMinSize(1).ofMaxSize(9);
    Arbitrary<String> infos = Arbitraries.strings().ascii().excludeChars('\0').ofMaxLength(8);
    return Combinators.combine(Arbitraries.of(DType.class), shapes, infos, Arbitraries.longs())
        .as(Spec::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }

  private static TensorBatch make(TensorPool pool, List<Spec> specs) {
    List<Tensor> tensors = new ArrayList<>();
    for (Spec spec : specs) {
      long[] shape = spec.shape.stream().mapToLong(Long::longValue).toArray();
      tensors.add(Batches.random(pool, spec.seed, spec.dtype, shape).info(spec.info));
    }
    return TensorBatch.of(tensors);
  }

  private static Message received(TensorPool pool, Message sent) {
    List<ByteBuffer> frames = new ArrayList<>();
    ByteBuffer whole = ByteBuffer.allocate((int) sent.byteSize());
    for (int i = 0; i < sent.pieceCount(); i++) {
      frames.add(sent.piece(i));
      whole.put(sent.piece(i).duplicate());
    }
    if (sent.isSingleFrame()) {
      frames = List.of(whole.flip());
    }
    List<ByteBuffer> views = new ArrayList<>();
    List<Lease> leases = new ArrayList<>();
    for (ByteBuffer frame : frames) {
      Lease lease = pool.lease(frame.remaining());
      lease.buffer().put(frame.duplicate());
      leases.add(lease);
      views.add(lease.buffer());
    }
    return Message.inbound(views, leases, "");
  }

  @Property(tries = 500)
  void shouldDecodeToTheSameWhenEncoded(
      @ForAll("batches") List<Spec> specs, @ForAll Encoding encoding) {
    TensorPool pool = TensorPool.builder().budgetBytes(256 << 20).checked(true).build();
    BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
    try (TensorBatch batch = make(pool, specs)) {
      BatchEncoder encoder = new BatchEncoder(encoding);
      Message sent = encoder.message(batch);
      try (TensorBatch decoded = decoder.decode(received(pool, sent))) {
        assertThat(Batches.describe(decoded)).isEqualTo(Batches.describe(batch));
      }
      sent.release();
    }
    assertThat(pool.stats().leases()).isZero();
  }

  @Property(tries = 2000)
  void shouldRefuseOrDecodeWhenBytesAreGarbled(
      @ForAll("batches") List<Spec> specs,
      @ForAll Encoding encoding,
      @ForAll int where,
      @ForAll long what) {
    TensorPool pool = TensorPool.builder().budgetBytes(256 << 20).checked(true).build();
    BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
    try (TensorBatch batch = make(pool, specs)) {
      Message sent = new BatchEncoder(encoding).message(batch);
      Message garbled = received(pool, sent);
      sent.release();
      ByteBuffer frame = garbled.piece(Math.floorMod(where, garbled.pieceCount()));
      if (frame.remaining() >= 8) {
        frame.putLong(Math.floorMod(where, frame.remaining() / 8) * 8, what);
      }
      try {
        decoder.decode(garbled).close();
      } catch (MalformedBatchException e) {
        assertThat(e.expected()).isNotEmpty();
      }
    }
    assertThat(pool.stats().leases()).isZero();
  }

  @Property(tries = 20)
  void shouldReadBackBatchByBatchWhenWrittenToAFile(@ForAll("batches") List<Spec> specs)
      throws Exception {
    TensorPool pool = TensorPool.builder().budgetBytes(256 << 20).checked(true).build();
    Path path = Files.createTempFile("round-trip", ".ten");
    List<String> written = new ArrayList<>();
    try (TenFileWriter writer = TenFile.create(path)) {
      for (Spec spec : specs) {
        try (TensorBatch batch = make(pool, Collections.nCopies(2, spec))) {
          writer.write(batch);
          written.add(Batches.describe(batch));
        }
      }
    }
    List<String> read = new ArrayList<>();
    try (TenFileReader reader = TenFile.open(path)) {
      for (TensorBatch batch : reader) {
        try (batch) {
          read.add(Batches.describe(batch));
        }
      }
    }
    assertThat(read).isEqualTo(written);
    Files.delete(TenIndex.beside(path));
    Files.delete(path);
  }
}
