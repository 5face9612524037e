// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.codec;

import io.tensorcom.codec.BatchDecoder;
import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.DecodeLimits;
import io.tensorcom.codec.Encoding;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
 * memory. With {@code -prof gc}, encoding shows 0 B/op.
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
  private final ByteBuffer[][] frames = new ByteBuffer[BATCHES][];
  private final Lease[] bodies = new Lease[BATCHES];
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
      Message message = new BatchEncoder(Encoding.MULTIPART).message(batches[i]);
      frames[i] = new ByteBuffer[message.pieceCount()];
      for (int k = 0; k < frames[i].length; k++) {
        frames[i][k] = message.piece(k);
      }
      bodies[i] = images.lease();
      message.release();
    }
  }

  private int nextIndex() {
    next = (next + 1) % BATCHES;
    return next;
  }

  /**
   * Baseline of both encoders: the words of the two headers, written by hand for one fixed batch.
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

  /** Encodes a batch into a message of its own, as a sender does. */
  @Benchmark
  public long encodeMessage() {
    Message message = encoder.message(batches[nextIndex()]);
    long length = message.byteSize();
    message.release();
    return length;
  }

  private Message received(int index) {
    Lease first = bodies[index].retain();
    Lease second = batches[index].get(1).lease().retain();
    return Message.inbound(List.of(frames[index]), Arrays.asList(null, first, null, second), "");
  }

  /** Baseline of {@link #decode()}: the message alone, as a transport makes it. */
  @Benchmark
  public long makeMessage() {
    Message message = received(nextIndex());
    long length = message.byteSize();
    message.release();
    return length;
  }

  /** Decodes a multipart message whose bodies are leased memory. */
  @Benchmark
  public long decode() {
    try (TensorBatch batch = decoder.decode(received(nextIndex()))) {
      return batch.get(0).infoWord() + batch.byteSize();
    }
  }
}
