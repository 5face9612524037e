// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import io.tensorcom.djl.HandOver;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a batch of images and classes to arrays of PyTorch, in place and copied; then all is given
 * back. The baselines make such arrays by DJL's own calls, and nothing else.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 2,
    jvmArgsAppend = {"-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BatchConverterBenchmark {
  private static final int SIDE = 224;

  /** Images in a batch. */
  @Param({"1", "96"})
  public int images = 1;

  private final TensorPool pool = TensorPool.ofBudget(64 << 20);
  private final HandOver inPlace = new HandOver(false);
  private final HandOver copying = new HandOver(true);
  private NDManager manager;
  private Tensor pixels;
  private Tensor classes;

  /** Makes a batch. */
  @Setup
  public void makeBatch() {
    manager = NDManager.newBaseManager();
    pixels = Tensor.allocate(pool, DType.UINT8, images, SIDE, SIDE, 3);
    classes = Tensor.allocate(pool, DType.INT32, images);
  }

  /** Fails if memory was not given back, or copied where it should not be. */
  @TearDown
  public void check() {
    manager.close();
    if (inPlace.copies() > 0) {
      throw new IllegalStateException("copies: " + inPlace.copies() + " (expected: 0)");
    }
    if (pool.stats().leases() != 2) {
      throw new IllegalStateException("leases: " + pool.stats().leases() + " (expected: 2)");
    }
  }

  private int convert(HandOver handOver) {
    TensorBatch batch = TensorBatch.of(pixels.share(), classes.share());
    try (Batch arrays = handOver.convert(manager, batch)) {
      return arrays.getData().size() + arrays.getSize();
    }
  }

  /** Baseline of {@link #convert()}. */
  @Benchmark
  public long create() {
    Shape shape = new Shape(images, SIDE, SIDE, 3);
    try (NDArray data = manager.create(pixels.data(), shape, DataType.UINT8);
        NDArray labels = manager.create(classes.data(), new Shape(images), DataType.INT32)) {
      return data.size() + labels.size();
    }
  }

  /** The arrays lie in the batch's memory. */
  @Benchmark
  public int convert() {
    return convert(inPlace);
  }

  /** Baseline of {@link #convertCopying()}: the same arrays, copied by DJL's own call. */
  @Benchmark
  public long createCopying() {
    Shape shape = new Shape(images, SIDE, SIDE, 3);
    try (NDArray data = manager.create(pixels.data(), shape, DataType.UINT8);
        NDArray labels = manager.create(classes.data(), new Shape(images), DataType.INT32);
        NDArray dataCopy = data.duplicate();
        NDArray labelsCopy = labels.duplicate()) {
      return dataCopy.size() + labelsCopy.size();
    }
  }

  /** The arrays are copies. */
  @Benchmark
  public int convertCopying() {
    return convert(copying);
  }
}
