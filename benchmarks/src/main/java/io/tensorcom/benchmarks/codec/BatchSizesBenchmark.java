// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.codec;

import io.tensorcom.codec.BatchDecoder;
import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.DecodeLimits;
import io.tensorcom.codec.Encoding;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encoding and decoding by the number of tensors and the size of the batch. Their time grows with
 * the tensors, and not with the bytes; the baseline is what one copy of the bytes takes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BatchSizesBenchmark {
  private static final int HEADERS = 64 << 10;

  /** How batches are encoded. */
  @Param({"MULTIPART", "SINGLE"})
  public Encoding encoding = Encoding.MULTIPART;

  /** Tensors in a batch. */
  @Param({"1", "8", "32"})
  public int tensors = 1;

  /** Bytes of all of them together. */
  @Param({"1024", "1048576", "67108864"})
  public int bytes = 1024;

  private final TensorPool pool = TensorPool.ofBudget(512 << 20);
  private final BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
  private final ByteBuffer headers =
      ByteBuffer.allocateDirect(HEADERS).order(ByteOrder.LITTLE_ENDIAN);
  private BatchEncoder encoder;
  private TensorBatch batch;
  private ByteBuffer source;
  private ByteBuffer target;
  private Received received;

  /** Makes the batch, and what a receiver would get of it. */
  @Setup
  public void makeBatch() {
    encoder = new BatchEncoder(encoding);
    Tensor[] parts = new Tensor[tensors];
    Arrays.setAll(parts, i -> Tensor.allocate(pool, DType.UINT8, bytes / tensors).info("part"));
    batch = TensorBatch.of(parts);
    source = ByteBuffer.allocateDirect(bytes);
    target = ByteBuffer.allocateDirect(bytes);
    received = new Received(encoder, batch, null, pool);
  }

  /** Fails if a batch was not given back. */
  @TearDown(Level.Trial)
  public void check() {
    int held = pool.stats().leases();
    int expected = encoding == Encoding.SINGLE ? tensors + 1 : tensors;
    if (held != expected) {
      throw new IllegalStateException("leases: " + held + " (expected: " + expected + ")");
    }
  }

  /** Baseline: what a codec would take that copies the bytes once. */
  @Benchmark
  public ByteBuffer copy() {
    return target.clear().put(source.clear());
  }

  /** Encodes into a buffer that is used again and again. */
  @Benchmark
  public long encode() {
    int length = encoder.encode(batch, headers);
    return length + headers.getLong(0) + encoder.pieceEnd(0);
  }

  /** Baseline of {@link #decode()}: the message alone, as a transport makes it. */
  @Benchmark
  public long makeMessage() {
    Message message = received.message();
    long length = message.byteSize();
    message.release();
    return length;
  }

  /** Decodes a message that lies in leased memory. */
  @Benchmark
  public long decode() {
    try (TensorBatch decoded = decoder.decode(received.message())) {
      return decoded.get(0).infoWord() + decoded.byteSize();
    }
  }
}
