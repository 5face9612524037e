// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import com.sun.management.ThreadMXBean;
import io.tensorcom.TensorReceiver;
import io.tensorcom.djl.HandOver;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long a trainer waits for batches of images and classes, as they come and converted, within an
 * epoch and over the ends of epochs, and what handing one to PyTorch costs.
 *
 * <p>Usage: {@code URL ROUNDS BATCHES}. A server must be there that sends without end.
 */
public final class LoadingTimes {
  private static final double MOST_LOADING = 100e-6;
  private static final double BUSY = 0.9;
  private static final double MOST_RATIO = 1.15;
  private static final int SKIP = 30;
  private static final int HALVINGS = 9;
  private static final int SHORT_EPOCH = 20;

  /** Conversions take many times as long as receiving. */
  private static final int FEWER_CONVERTED = 4;

  private final String url;
  private final int batches;
  private final List<Double> bare = new ArrayList<>();
  private final List<Double> steps = new ArrayList<>();
  private final List<Double> ratios = new ArrayList<>();
  private final List<Double> loading = new ArrayList<>();
  private final List<Double> overEnds = new ArrayList<>();
  private final List<Double> converts = new ArrayList<>();
  private final List<Double> converted = new ArrayList<>();
  private final List<Double> convertedOverEnds = new ArrayList<>();
  private long batchBytes;

  private LoadingTimes(String url, int batches) {
    this.url = url;
    this.batches = batches;
  }

  /** Measures and prints a table. */
  public static void main(String[] args) throws InterruptedException {
    LoadingTimes times = new LoadingTimes(args[0], Integer.parseInt(args[2]));
    try (NDManager manager = NDManager.newBaseManager()) {
      for (int round = 0; round < Integer.parseInt(args[1]); round++) {
        times.round(manager);
        times.convertedRound(manager);
      }
      times.print();
      HandOverTimes shared = times.handOver(manager, false);
      HandOverTimes copied = times.handOver(manager, true);
      shared.print(copied);
    }
    System.exit(0);
  }

  /** One bisection; the bare receive time is taken anew before each of its runs. */
  private void round(NDManager manager) throws InterruptedException {
    List<Double> receives = new ArrayList<>();
    receives.add(bareReceive());
    EmulatedTrainer.Load plain = EmulatedTrainer.Load.inOneEpoch(batches, false);
    EmulatedTrainer.Load ends = new EmulatedTrainer.Load(batches, SHORT_EPOCH, false);
    double slow = 2 * receives.get(0);
    loading.addAll(run(manager, plain, slow).loadingSeconds());
    overEnds.addAll(run(manager, ends, slow).loadingSeconds());
    double tooShort = 0.5 * receives.get(0);
    double longEnough = 3 * receives.get(0);
    // Infinite if even that is too short.
    EmulatedTrainer.Run longest = run(manager, plain, longEnough);
    double smallest = longest.busy() >= BUSY ? longest.stepSeconds() : Double.POSITIVE_INFINITY;
    for (int i = 0; i < HALVINGS; i++) {
      receives.add(bareReceive());
      double middle = (tooShort + longEnough) / 2;
      EmulatedTrainer.Run run = run(manager, plain, middle);
      if (run.busy() >= BUSY) {
        longEnough = middle;
        smallest = run.stepSeconds();
      } else {
        tooShort = middle;
      }
    }
    double receive = median(receives);
    bare.add(receive);
    steps.add(smallest);
    ratios.add(smallest / receive);
    System.err.printf(
        Locale.ROOT,
        "  bare receive %.3f ms, smallest step %.3f ms, ratio %.2f%n",
        1e3 * receive,
        1e3 * smallest,
        smallest / receive);
  }

  /** A trainer of twice the time that receiving and converting take when nobody holds them up. */
  private void convertedRound(NDManager manager) {
    int count = Math.max(1, batches / FEWER_CONVERTED);
    EmulatedTrainer.Load whole = EmulatedTrainer.Load.inOneEpoch(count, true);
    EmulatedTrainer.Load ends = new EmulatedTrainer.Load(count, SHORT_EPOCH, true);
    double alone = mean(run(manager, whole, 0).loadingSeconds());
    converts.add(alone);
    converted.addAll(run(manager, whole, 2 * alone).loadingSeconds());
    convertedOverEnds.addAll(run(manager, ends, 2 * alone).loadingSeconds());
  }

  private EmulatedTrainer.Run run(
      NDManager manager, EmulatedTrainer.Load load, double stepSeconds) {
    try (EmulatedTrainer trainer = new EmulatedTrainer(url, manager, load)) {
      return trainer.run(stepSeconds);
    }
  }

  private double bareReceive() throws InterruptedException {
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      long start = 0;
      for (int i = -SKIP; i < batches; i++) {
        start = i == 0 ? System.nanoTime() : start;
        try (TensorBatch batch = receiver.receive()) {
          batchBytes = batch.byteSize();
        }
      }
      return (System.nanoTime() - start) / 1e9 / batches;
    }
  }

  private HandOverTimes handOver(NDManager manager, boolean copies) throws InterruptedException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    HandOver handOver = new HandOver(copies);
    List<Double> seconds = new ArrayList<>(batches);
    long allocated = 0;
    int shared = 0;
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      for (int i = -SKIP; i < batches; i++) {
        TensorBatch received = receiver.receive();
        Tensor images = received.get(0);
        long bytes = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        Batch batch = handOver.convert(manager, received);
        long converted = System.nanoTime();
        bytes -= threads.getCurrentThreadAllocatedBytes();
        boolean inPlace = !copies && isSeen(images, batch.getData().get(0));
        bytes += threads.getCurrentThreadAllocatedBytes();
        long closing = System.nanoTime();
        batch.close();
        long end = System.nanoTime();
        bytes = threads.getCurrentThreadAllocatedBytes() - bytes;
        if (i >= 0) {
          seconds.add((converted - start + end - closing) / 1e9);
          allocated += bytes;
          shared += inPlace ? 1 : 0;
        }
      }
    }
    return new HandOverTimes(seconds, allocated / batches, shared, handOver.copies());
  }

  /** Whether what is written into the received memory is what the array holds. */
  private static boolean isSeen(Tensor images, NDArray array) {
    byte before = images.data().get(0);
    boolean seen = true;
    for (byte value : new byte[] {(byte) (before + 1), before}) {
      images.data().put(0, value);
      seen &= (byte) array.getUint8(0, 0, 0, 0) == value;
    }
    return seen;
  }

  private void print() {
    double receive = median(bare);
    System.out.println("loading a batch, steps of twice the time that it takes to receive");
    lines("  in one epoch", loading);
    lines("  in epochs of " + SHORT_EPOCH, overEnds);
    System.out.println("the same, received and converted to float32 (N, 3, H, W) and int64");
    lines("  in one epoch", converted);
    lines("  in epochs of " + SHORT_EPOCH, convertedOverEnds);
    System.out.printf(
        Locale.ROOT,
        "%-58s %9.3f ms (%.2f GB/s)%n",
        "bare receive of a batch",
        1e3 * receive,
        batchBytes / receive / 1e9);
    System.out.printf(
        Locale.ROOT,
        "%-58s %9.3f ms%n",
        "a batch received and converted, trainer without a step",
        1e3 * median(converts));
    System.out.printf(
        Locale.ROOT, "%-58s %9.3f ms%n", "smallest step, trainer busy 90 %", 1e3 * median(steps));
    System.out.printf(
        Locale.ROOT,
        "%-58s %9.2f (target %.2f) %s%n",
        "smallest step / bare receive",
        median(ratios),
        MOST_RATIO,
        verdict(median(ratios) <= MOST_RATIO));
  }

  private static void lines(String what, List<Double> seconds) {
    line(what + ", median", percentile(seconds, 0.5));
    line(what + ", mean", mean(seconds));
    line(what + ", p99", percentile(seconds, 0.99));
  }

  private static void line(String what, double value) {
    System.out.printf(
        Locale.ROOT,
        "%-58s %9.1f us (target %.0f) %s%n",
        what,
        1e6 * value,
        1e6 * MOST_LOADING,
        verdict(value <= MOST_LOADING));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(each -> each).average().orElseThrow();
  }

  private static double median(List<Double> values) {
    return percentile(values, 0.5);
  }

  static double percentile(List<Double> values, double part) {
    return values.stream().sorted().skip((long) (part * values.size())).findFirst().orElseThrow();
  }

  static String verdict(boolean met) {
    return met ? "met" : "MISSED";
  }
}
