// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.gpu;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import io.tensorcom.djl.TensorcomDataset;
import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.UserException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Sends batches to itself, and tells how they reach the device. */
@Command(
    name = "gpu-check",
    mixinStandardHelpOptions = true,
    description =
        "Receives batches of uint8 images (N, H, W, 3) and int32 classes from a sender of its own,"
            + " and tells where the arrays land, how often they are copied, how fast a copy is and"
            + " how much of loading a computation hides. Exits with 1 if something is wrong.")
public final class GpuCheck implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int WARM_UP = 3;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "gpu0",
      description = "gpu0, gpu1, ..., or cpu for a dry run (default ${DEFAULT-VALUE})")
  private String deviceName = "gpu0";

  @Option(
      names = {"-b", "--batch", "--batch-size"},
      paramLabel = "N",
      defaultValue = "96",
      description = "images in a batch (default ${DEFAULT-VALUE})")
  private int images;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "224",
      description = "height and width of images (default ${DEFAULT-VALUE})")
  private int size;

  @Option(
      names = "--batches",
      paramLabel = "N",
      defaultValue = "200",
      description = "batches in each of the three parts (default ${DEFAULT-VALUE})")
  private int batches;

  private final PrintStream out;

  /** Makes the command; picocli fills it in. */
  public GpuCheck() {
    this(System.out);
  }

  GpuCheck(PrintStream out) {
    this.out = out;
  }

  /** Runs the command. */
  public static void main(String[] args) {
    // Nothing is fetched, and nobody is told: the engine is on the class path.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.exit(Cli.run(new GpuCheck(), args));
  }

  @Override
  public Integer call() {
    if (!deviceName.matches("cpu|gpu\\d{1,3}")) {
      throw new IllegalArgumentException(
          "--device: " + deviceName + " (expected: cpu, gpu0, gpu1, ...)");
    }
    Bounds.atLeast(1, images, "-b");
    Bounds.atLeast(1, size, "--size");
    Bounds.atLeast(1, batches, "--batches");
    Engine engine = Engine.getInstance();
    Device device = Device.fromName(deviceName, engine);
    if (device.isGpu() && device.getDeviceId() >= engine.getGpuCount()) {
      throw new UserException(noGpu(engine));
    }
    try (CheckSender sender = new CheckSender(images, size);
        NDManager manager = engine.newBaseManager(device)) {
      out.printf(
          Locale.ROOT,
          "engine %s %s, device %s, batches of %d x %d x %d x 3 uint8 and %d int32, %.2f MB%n",
          engine.getEngineName(),
          engine.getVersion(),
          device,
          images,
          size,
          size,
          images,
          sender.batchBytes() / 1e6);
      CheckResult result = check(sender, manager);
      result.report(batches, sender.batchBytes()).forEach(out::println);
      out.flush();
      return result.problems().isEmpty() ? 0 : Cli.FAILURE;
    }
  }

  private static String noGpu(Engine engine) {
    return "no such GPU: "
        + engine.getEngineName()
        + " "
        + engine.getVersion()
        + " sees "
        + engine.getGpuCount()
        + "; install NVIDIA's driver, CUDA's runtime (libcudart) and the same PyTorch for CUDA"
        + " 12.8 (pip install torch=="
        + engine.getVersion()
        + " --index-url https://download.pytorch.org/whl/cu128), and set PYTORCH_LIBRARY_PATH to its"
        + " torch/lib,"
        + " PYTORCH_VERSION and PYTORCH_FLAVOR=cu128; --device cpu is a dry run";
  }

  TensorcomDataset.Builder dataset(CheckSender sender, Device device) {
    return TensorcomDataset.builder()
        .setUrls(sender.url())
        .setData(0)
        .setLabels(1)
        .optDevices(device)
        .optBatchesPerEpoch(batches)
        .optTimeout(PATIENCE);
  }

  private CheckResult check(CheckSender sender, NDManager manager) {
    Arrival arrival = arrival(dataset(sender, manager.getDevice()), sender, manager);
    try (TensorcomDataset dataset = dataset(sender, manager.getDevice()).build()) {
      double loading = secondsOfBatch(dataset, manager, () -> {});
      Computation computation = new Computation(manager);
      int count = computation.countFor(loading);
      double computing = seconds(batches, () -> computation.step(count));
      double both = secondsOfBatch(dataset, manager, () -> computation.step(count));
      double copy =
          seconds(batches, () -> sender.contents().forEach(bytes -> copy(manager, bytes).close()));
      return new CheckResult(
          manager.getDevice(),
          arrival.landed,
          arrival.intact,
          arrival.tensors,
          arrival.copies,
          new CheckResult.Times(copy, loading, computing, both));
    }
  }

  /** How the batches of one epoch arrived. */
  record Arrival(Set<Device> landed, boolean intact, long tensors, long copies) {}

  Arrival arrival(TensorcomDataset.Builder builder, CheckSender sender, NDManager manager) {
    Set<Device> landed = new HashSet<>();
    boolean intact = true;
    long tensors = 0;
    // Without a total, what is read ahead of the next epoch would count as copies, too.
    try (TensorcomDataset dataset = builder.optTotal(batches).build()) {
      for (Batch batch : dataset.getData(manager)) {
        try (batch) {
          NDList all = new NDList(batch.getData()).addAll(batch.getLabels());
          all.forEach(array -> landed.add(array.getDevice()));
          intact &= tensors > 0 || holds(all, sender.contents());
          tensors += all.size();
        }
      }
      return new Arrival(landed, intact, tensors, dataset.loadStats().copies());
    }
  }

  private static boolean holds(NDList arrays, List<ByteBuffer> contents) {
    for (int i = 0; i < arrays.size(); i++) {
      if (!ByteBuffer.wrap(arrays.get(i).toByteArray()).equals(contents.get(i).duplicate())) {
        return false;
      }
    }
    return arrays.size() == contents.size();
  }

  private double secondsOfBatch(TensorcomDataset dataset, NDManager manager, Runnable step) {
    long start = System.nanoTime();
    for (Batch batch : dataset.getData(manager)) {
      try (batch) {
        step.run();
      }
    }
    return (System.nanoTime() - start) / 1e9 / batches;
  }

  private static double seconds(int count, Runnable step) {
    long start = 0;
    for (int i = -WARM_UP; i < count; i++) {
      if (i == 0) {
        start = System.nanoTime();
      }
      step.run();
    }
    return (System.nanoTime() - start) / 1e9 / count;
  }

  /** To a GPU an array is a copy, which is complete when it is there; on the CPU it is none yet. */
  private static NDArray copy(NDManager manager, ByteBuffer bytes) {
    NDArray array = manager.create(bytes.duplicate(), new Shape(bytes.remaining()), DataType.UINT8);
    if (manager.getDevice().isGpu()) {
      return array;
    }
    try (array) {
      return array.duplicate();
    }
  }
}
