// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.codec;

import io.tensorcom.codec.BatchDecoder;
import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.DecodeLimits;
import io.tensorcom.codec.Encoding;
import io.tensorcom.codec.HeaderExtension;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.OutgoingStream;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encoding and decoding of two-tensor batches, each call another one of 64 of different shapes and
 * memory. With {@code -prof gc}, encoding shows 0 B/op. By default senders number their batches,
 * for which {@link Encoding#SINGLE} has no room.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EncodeBenchmark {
  private static final int BATCHES = 64;

  /** How batches are encoded. */
  @Param({"MULTIPART", "SINGLE"})
  public Encoding encoding = Encoding.MULTIPART;

  private final TensorPool pool = TensorPool.ofBudget(256 << 20);
  private final TensorBatch[] batches = new TensorBatch[BATCHES];
  private final ByteBuffer headers = ByteBuffer.allocateDirect(1024).order(ByteOrder.LITTLE_ENDIAN);
  private final BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
  private final OutgoingStream stream = new OutgoingStream(1, false);
  private final Received[] received = new Received[BATCHES];
  private final Received[] numbered = new Received[BATCHES];
  private BatchEncoder encoder = new BatchEncoder(Encoding.MULTIPART);
  private int next;

  /** Makes the batches, and what a receiver would get of them. */
  @Setup
  public void makeBatches() {
    encoder = new BatchEncoder(encoding);
    for (int i = 0; i < BATCHES; i++) {
      Tensor images = Tensor.allocate(pool, DType.UINT8, 1 + i, 28, 28 + i % 7, 3).info("img");
      Tensor classes = Tensor.allocate(pool, DType.INT32, 1 + i).info("cls");
      batches[i] = TensorBatch.of(images, classes);
      received[i] = new Received(encoder, batches[i], null, pool);
      HeaderExtension numbers = nextNumbers();
      numbered[i] =
          numbers == null ? received[i] : new Received(encoder, batches[i], numbers, pool);
    }
  }

  /**
   * What a sender would tell of the next batch; null where there is no room. A sender reads the
   * time for it, which is left out here: what that takes and allocates is not the encoder's.
   */
  private @Nullable HeaderExtension nextNumbers() {
    if (encoding == Encoding.SINGLE) {
      return null;
    }
    HeaderExtension numbers = stream.next(BatchMark.NONE, next);
    stream.sent(BatchMark.NONE);
    return numbers;
  }

  private int nextIndex() {
    next = (next + 1) % BATCHES;
    return next;
  }

  /**
   * Baseline of all that encode: the words of the two headers, written by hand for one fixed batch.
   */
  @Benchmark
  public long writeWordsByHand() {
    for (int i = 0; i < 12; i++) {
      headers.putLong(8 * i, next + i);
    }
    return headers.getLong(8 * (next++ & 7));
  }

  /** Encodes a batch into a buffer that is used again and again. */
  @Benchmark
  public long encode() {
    int length = encoder.encode(batches[nextIndex()], headers);
    return length + headers.getLong(0) + headers.getLong(length - 8) + encoder.pieceEnd(0);
  }

  /** As {@link #encode()}, and numbers the batch. */
  @Benchmark
  public long encodeNumbered() {
    int length = encoder.encode(batches[nextIndex()], headers, nextNumbers());
    return length + headers.getLong(0) + headers.getLong(length - 8) + encoder.pieceEnd(0);
  }

  /** Encodes a batch into a message of its own, as a sender does, without numbers. */
  @Benchmark
  public long encodeMessage() {
    Message message = encoder.message(batches[nextIndex()]);
    long length = message.byteSize();
    message.release();
    return length;
  }

  /** Baseline of both that decode: the message alone, as a transport makes it. */
  @Benchmark
  public long makeMessage() {
    Message message = received[nextIndex()].message();
    long length = message.byteSize();
    message.release();
    return length;
  }

  /** Decodes a message that lies in leased memory. */
  @Benchmark
  public long decode() {
    try (TensorBatch batch = decoder.decode(received[nextIndex()].message())) {
      return batch.get(0).infoWord() + batch.byteSize();
    }
  }

  /** As {@link #decode()}, with the numbers that a sender gives by default. */
  @Benchmark
  public long decodeNumbered() {
    try (TensorBatch batch = decoder.decode(numbered[nextIndex()].message())) {
      BatchOrigin origin = batch.origin();
      return batch.get(0).infoWord() + batch.byteSize() + (origin == null ? 0 : origin.sequence());
    }
  }
}
