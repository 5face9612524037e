// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/** Whatever the writer writes, the reader reads as the same, however the bytes are cut. */
final class FrameRoundTripPropertyTest {
  private static final int LARGEST = 600_000;

  /** A message to be made. */
  record Spec(List<Integer> sizes, boolean singleFrame, boolean direct, boolean pingBefore) {}

  @Provide
  Arbitrary<List<Spec>> conversations() {
    Arbitrary<Integer> edges =
        Arbitraries.of(
            0, 1, 254, 255, 256, 257, 2047, 2048, 2049, 8182, 8191, 8192, 65_535, 65_537);
    Arbitrary<Integer> sizes =
        Arbitraries.oneOf(
            edges,
            Arbitraries.integers().between(0, 400),
            Arbitraries.integers().between(0, 100_000));
    return Combinators.combine(
            sizes.list().ofMinSize(1).ofMaxSize(5),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false))
        .as(Spec::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6);
  }

  private static Message make(Spec spec, Random random) {
    List<ByteBuffer> pieces = new ArrayList<>();
    for (int size : spec.sizes) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      ByteBuffer piece = spec.direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
      pieces.add(piece.put(bytes).flip());
    }
    return Message.outbound(pieces.toArray(new ByteBuffer[0]), spec.singleFrame, () -> {});
  }

  private static List<byte[]> frames(Message message) {
    List<byte[]> frames = new ArrayList<>();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (int i = 0; i < message.pieceCount(); i++) {
      byte[] bytes = new byte[message.piece(i).remaining()];
      message.piece(i).duplicate().get(bytes);
      frames.add(bytes);
      whole.writeBytes(bytes);
    }
    return message.isSingleFrame() ? List.of(whole.toByteArray()) : frames;
  }

  /** Writes all, checking what the writer says of itself, and returns the bytes. */
  private static byte[] write(FrameWriter writer, int pieceBytes) {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    while (writer.prepare()) {
      assertThat(writer.queued()).isGreaterThanOrEqualTo(writer.begun());
      collect(writer.staged(), FrameWriter.STAGED_BYTES, written);
      ByteBuffer piece = writer.piece();
      if (piece != null) {
        collect(piece, pieceBytes, written);
      }
      writer.written();
    }
    assertThat(writer.queued()).isZero();
    assertThat(writer.queuedBytes()).isZero();
    return written.toByteArray();
  }

  private static void collect(ByteBuffer from, int most, ByteArrayOutputStream into) {
    assertThat(from.remaining()).isLessThanOrEqualTo(most);
    byte[] bytes = new byte[from.remaining()];
    from.get(bytes);
    into.writeBytes(bytes);
  }

  @Property(tries = 300)
  void shouldReadWhatWasWrittenWhenBytesAreCutAnyhow(
      @ForAll("conversations") List<Spec> specs,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 70_000) int longestChunk,
      @ForAll @IntRange(min = 1, max = 20_000) int pieceBytes)
      throws ProtocolException {
    Random random = new Random(seed);
    List<SharedMessage> flushed = new ArrayList<>();
    ByteBuffer staged = ByteBuffer.allocateDirect(FrameWriter.STAGED_BYTES);
    FrameWriter writer = new FrameWriter(staged, pieceBytes, flushed::add);
    List<List<byte[]>> sent = new ArrayList<>();
    List<SharedMessage> queued = new ArrayList<>();
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    int pings = 0;
    for (Spec spec : specs) {
      Message message = make(spec, random);
      sent.add(frames(message));
      SharedMessage shared = new SharedMessage(message);
      queued.add(shared);
      writer.enqueue(shared);
      if (spec.pingBefore) {
        writer.control(Wire.command("PING", new byte[] {0, 0}));
        pings++;
      }
      if (random.nextBoolean()) {
        written.writeBytes(write(writer, pieceBytes));
      }
    }
    written.writeBytes(write(writer, pieceBytes));
    assertThat(flushed).containsExactlyElementsOf(queued);

    try (TensorPool pool = TensorPool.ofBudget(8L << 20)) {
      Received received = new Received();
      read(written.toByteArray(), received, pool, random, longestChunk);
      assertThat(received.commands).isEqualTo(pings);
      assertThat(received.messages).hasSameSizeAs(sent);
      for (int i = 0; i < sent.size(); i++) {
        byte[][] expected = sent.get(i).toArray(new byte[0][]);
        byte[][] actual = received.messages.get(i).toArray(new byte[0][]);
        assertThat(Arrays.deepEquals(actual, expected)).as("message %d is the same", i).isTrue();
      }
      assertThat(pool.stats().leases()).isZero();
    }
  }

  private static void read(
      byte[] bytes, Received received, TensorPool pool, Random random, int longestChunk)
      throws ProtocolException {
    MemoryGate gate = new MemoryGate(pool, LARGEST, new ManualScheduler());
    FrameReader reader =
        new FrameReader(LARGEST, 5, 1 + random.nextInt(9000), "peer", received, gate, () -> {});
    int at = 0;
    while (at < bytes.length) {
      int chunk = Math.min(bytes.length - at, 1 + random.nextInt(longestChunk));
      ByteBuffer window = reader.window();
      if (window != null) {
        chunk = Math.min(chunk, window.remaining());
        window.put(bytes, at, chunk);
        reader.advance(chunk);
      } else {
        ByteBuffer scratch = ByteBuffer.wrap(bytes, at, chunk);
        reader.consume(scratch);
        if (scratch.hasRemaining()) {
          throw new AssertionError("all is taken, as memory never lacks");
        }
      }
      at += chunk;
    }
    assertThat(reader.isInsideMessage()).isFalse();
    assertThat(reader.isPaused()).isFalse();
  }

  private static final class Received implements FrameReader.Listener {
    private final List<List<byte[]>> messages = new ArrayList<>();
    private int commands;

    @Override
    public void onCommand(ByteBuffer frame) throws ProtocolException {
      assertThat(Command.parse(frame).name()).isEqualTo("PING");
      commands++;
    }

    @Override
    public boolean wantsSums(ByteBuffer first) {
      assertThat(first.position()).isZero();
      return first.remaining() % 2 == 0;
    }

    @Override
    public void onMessage(Message message) {
      boolean wanted = wantsSums(message.piece(0));
      for (int i = 0; i < message.pieceCount(); i++) {
        boolean isLong = message.piece(i).remaining() > Limits.HEAP_BYTES;
        assertThat(message.lease(i) != null).as("leased if long").isEqualTo(isLong);
        CRC32C sum = new CRC32C();
        sum.update(message.piece(i).duplicate());
        assertThat(message.frameSum(i))
            .isEqualTo(wanted && isLong && i > 0 ? sum.getValue() : Message.NO_SUM);
      }
      messages.add(frames(message));
      message.release();
    }
  }

  @Property(tries = 200)
  void shouldGiveNoMemoryForAClaimWhenStrangerHasSentLittle(
      @ForAll @IntRange(min = Limits.PROBATION_BYTES + 1, max = LARGEST) int claimed,
      @ForAll @IntRange(min = 0, max = Limits.PROBATION_BYTES - 1) int sent,
      @ForAll @IntRange(min = 1, max = 5000) int chunk)
      throws ProtocolException {
    try (TensorPool pool = TensorPool.ofBudget(4L << 20)) {
      MemoryGate gate = new MemoryGate(pool, LARGEST, new ManualScheduler());
      FrameReader reader =
          new FrameReader(LARGEST, 5, 4096, "peer", new Received(), gate, () -> {});
      reader.consume(ByteBuffer.allocate(9).put((byte) 2).putLong(claimed).flip());
      feed(reader, sent, chunk);
      assertThat(pool.stats().leases()).as("a stranger gets nothing on credit").isZero();
      assertThat(reader.window()).isNull();

      feed(reader, Limits.PROBATION_BYTES - sent, chunk);
      assertThat(pool.stats().leases()).isOne();
      assertThat(windowOf(reader).position()).isEqualTo(Limits.PROBATION_BYTES);
      reader.discard();
      assertThat(pool.stats().leases()).isZero();
    }
  }

  private static void feed(FrameReader reader, int count, int chunk) throws ProtocolException {
    for (int left = count; left > 0; left -= chunk) {
      reader.consume(ByteBuffer.allocate(Math.min(chunk, left)));
    }
  }

  private static ByteBuffer windowOf(FrameReader reader) {
    @Nullable ByteBuffer window = reader.window();
    assertThat(window).isNotNull();
    return window;
  }
}
