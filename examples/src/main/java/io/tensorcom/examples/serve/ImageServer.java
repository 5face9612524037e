// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import io.tensorcom.BraceExpansion;
import io.tensorcom.DrainReport;
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.TensorcomUrl;
import io.tensorcom.TransferStats;
import io.tensorcom.examples.cli.StopSignal;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.images.ImageBatches;
import io.tensorcom.examples.images.OnePass;
import io.tensorcom.examples.images.SampleSource;
import io.tensorcom.examples.images.SkipLog;
import io.tensorcom.examples.metrics.MetricsServer;
import io.tensorcom.examples.metrics.StageMeter;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketStats;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one sender and one pipeline per URL until their sources end or the process is told to stop.
 */
final class ImageServer {
  private static final Logger LOG = LoggerFactory.getLogger(ImageServer.class);
  private static final long REPORT_INTERVAL_NANOS = Duration.ofMillis(100).toNanos();

  /**
   * How long a signal leaves for draining at most, also if it comes while the server drains; else
   * it is the sender's own drain timeout.
   */
  private static final Duration GRACE = StopSignal.GRACE;

  /** Exit code when receivers did not take in time what was sent. */
  private static final int INCOMPLETE = 1;

  private static final Duration SLICE = Duration.ofMillis(100);

  // Servers of shards wait for a minute until their data is taken, at the least.
  private static final Duration HELD = Duration.ofSeconds(30);

  private final ServeSettings settings;
  private final SampleSource source;
  private final SkipLog skips;
  private final PrintStream out;
  private final List<TensorSender> senders = new ArrayList<>();
  private final StageMeter decoding = new StageMeter();
  private final AtomicInteger prepared = new AtomicInteger();
  private @Nullable MetricsServer metrics;
  private volatile boolean serving;
  private final AtomicBoolean begunToClose = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private volatile boolean hurried;
  private volatile boolean closing;
  private volatile boolean incomplete;
  private final AtomicLong lastReport = new AtomicLong(System.nanoTime() - REPORT_INTERVAL_NANOS);

  ImageServer(ServeSettings settings, SampleSource source, SkipLog skips, PrintStream out) {
    this.settings = settings;
    this.source = source;
    this.skips = skips;
    this.out = out;
  }

  /** Opens all senders, then serves; returns the exit code. */
  int run(String tool) throws InterruptedException {
    // Probes and figures go on until everything is drained.
    try (MetricsServer opened = settings.metrics().open(tool)) {
      metrics = opened;
      return run();
    }
  }

  private int run() throws InterruptedException {
    Thread hook = new Thread(() -> close(GRACE), "tensorcom-serve-shutdown");
    ExecutorService decoderThreads = Executors.newFixedThreadPool(settings.threads(), this::daemon);
    Executor decoders = decoding.over(decoderThreads);
    ExecutorService pipelines = Executors.newCachedThreadPool(this::daemon);
    try {
      open();
      serving = true;
      Runtime.getRuntime().addShutdownHook(hook);
      ExecutorCompletionService<Void> running = new ExecutorCompletionService<>(pipelines);
      for (TensorSender sender : senders) {
        running.submit(
            () -> {
              serve(sender, decoders);
              return null;
            });
      }
      // In the order in which they end: one that fails ends all.
      for (int i = 0; i < senders.size(); i++) {
        await(running.take());
      }
      close(null);
      return incomplete ? INCOMPLETE : 0;
    } catch (IllegalStateException | UserException e) {
      if (closing) {
        // A pipeline found its sender closed, or its shards' commands were ended by our signal.
        return 0;
      }
      throw e;
    } finally {
      close(null);
      decoderThreads.shutdownNow();
      pipelines.shutdownNow();
      removeHook(hook);
    }
  }

  private Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "tensorcom-serve");
    thread.setDaemon(true);
    return thread;
  }

  private void open() {
    openSenders();
    if (metrics != null) {
      metrics.watch("decode", decoding);
      // Who is listed in DNS is to have a batch, and shards that can be read.
      metrics.require(() -> prepared.get() >= senders.size(), "no batch is ready");
      for (int i = 0; i < senders.size(); i++) {
        metrics.watch(Integer.toString(i), senders.get(i));
      }
    }
  }

  private void openSenders() {
    for (String pattern : settings.urls()) {
      for (String url : BraceExpansion.expand(pattern)) {
        for (int i = 0; i < settings.pipelines(); i++) {
          TensorSender sender = TensorSender.open(url);
          senders.add(sender);
          checkBatchSize(url, sender);
          out.println("serving " + shown(url, sender));
        }
      }
    }
    LOG.info("decoding JPEG with {}", settings.decode().jpeg().describe());
    out.flush();
  }

  /** With --size it is known before anything is decoded whether a batch can be sent. */
  private void checkBatchSize(String url, TensorSender sender) {
    int size = settings.size();
    long half = sender.pool().budgetBytes() / 2;
    boolean limited = TensorcomUrl.parse(url).option("max") == null;
    long most = limited ? Math.min(half, TensorcomConfig.defaults().maxMessageBytes()) : half;
    settings.batches().checkBatchSize(size, size, most);
  }

  /** The URL with the real port where it asks for any. */
  private static String shown(String url, TensorSender sender) {
    List<String> bound = sender.boundEndpoints();
    if (bound.isEmpty()) {
      return url;
    }
    String endpoint = bound.get(0);
    return url.replaceFirst(
        ":0(?=$|[/?#])", ":" + endpoint.substring(endpoint.lastIndexOf(':') + 1));
  }

  private void serve(TensorSender sender, Executor decoders) throws InterruptedException {
    ServeOptions options = ServeOptions.forEver().reporting(settings.reportEvery(), this::report);
    if (settings.epochs() > 0) {
      serveEpochs(sender, decoders, options);
      return;
    }
    try (ImageBatches batches = prepare(sender, () -> batches(sender, decoders, source))) {
      if (settings.repeatOne()) {
        serveOne(sender, batches.next(), options);
      } else {
        sender.serve(batches, options);
      }
    }
  }

  private ImageBatches batches(TensorSender sender, Executor decoders, SampleSource pass) {
    return new ImageBatches(settings.batches(), pass, sender.pool(), decoders, skips);
  }

  /** Waits for receivers, with the first batch made. */
  private ImageBatches prepare(TensorSender sender, Supplier<ImageBatches> opens)
      throws InterruptedException {
    Duration held = source.isRepeatable() ? HELD : FirstBatch.FOR_EVER;
    return FirstBatch.of(
        opens, prepared::incrementAndGet, held, patience -> awaitPeers(sender, patience));
  }

  private void serveEpochs(TensorSender sender, Executor decoders, ServeOptions options)
      throws InterruptedException {
    Deque<ImageBatches> opened = new ArrayDeque<>();
    try {
      opened.add(prepare(sender, () -> batches(sender, decoders, new OnePass(source))));
      sender.serveEpochs(
          settings.epochs(),
          epoch -> {
            if (epoch > 0) {
              opened.remove().close();
              opened.add(batches(sender, decoders, new OnePass(source, (int) epoch)));
            }
            return opened.element();
          },
          options);
    } finally {
      opened.forEach(ImageBatches::close);
    }
  }

  /** Returns whether so many came in this time, or the server ends. */
  private boolean awaitPeers(TensorSender sender, Duration patience) throws InterruptedException {
    long start = System.nanoTime();
    while (!closing && !sender.awaitPeers(settings.peers(), SLICE)) {
      // Asked again, so that a signal is noticed.
      if (System.nanoTime() - start >= patience.toNanos()) {
        return false;
      }
    }
    return true;
  }

  private static void serveOne(TensorSender sender, TensorBatch prepared, ServeOptions options)
      throws InterruptedException {
    try (prepared) {
      for (long i = 1; sender.send(prepared, options.patience()) == SendResult.SENT; i++) {
        if (i % options.reportEvery() == 0) {
          options.report().accept(i, sender.stats());
        }
      }
    }
  }

  private void report(long count, TransferStats stats) {
    long now = System.nanoTime();
    long last = lastReport.get();
    if (now - last >= REPORT_INTERVAL_NANOS && lastReport.compareAndSet(last, now)) {
      out.println(count + " " + stats);
      out.flush();
    }
  }

  private static void await(Future<?> future) throws InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof InterruptedException) {
        throw new InterruptedException("serving was interrupted");
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /**
   * Closes all senders, and says what became of the batches, unless it did not come to serving any.
   *
   * @param limit how long draining may take at most, also if it has begun without a limit; null for
   *     each sender's own time
   */
  private void close(@Nullable Duration limit) {
    // By the signal's thread, or by the one that serves: whoever comes first tells.
    if (begunToClose.compareAndSet(false, true)) {
      try {
        closing = true;
        if (metrics != null) {
          metrics.stopping();
        }
        skips.close();
        drain(limit);
      } finally {
        closed.complete(null);
      }
    } else if (limit != null) {
      hurried = true;
      senders.forEach(sender -> daemon(() -> sender.close(limit)).start());
    }
    closed.join();
  }

  /** Closes all senders at once, so that none takes more while another drains. */
  private void drain(@Nullable Duration limit) {
    List<CompletableFuture<DrainReport>> drains = new ArrayList<>();
    List<SocketStats> before = new ArrayList<>();
    long start = System.nanoTime();
    Duration longest = Duration.ZERO;
    for (TensorSender sender : senders) {
      before.add(sender.stats().socket());
      Duration own = sender.drainTimeout();
      Duration drain = limit != null && limit.compareTo(own) < 0 ? limit : own;
      longest = drain.compareTo(longest) > 0 ? drain : longest;
      drains.add(
          CompletableFuture.supplyAsync(() -> sender.close(drain), work -> daemon(work).start()));
    }
    EndReport report = new EndReport();
    for (int i = 0; i < drains.size(); i++) {
      DrainReport drained = drains.get(i).join();
      report.add(drained, before.get(i), senders.get(i).stats().socket());
    }
    incomplete = !report.isComplete();
    if (serving) {
      report.print(out, hurried ? Duration.ofNanos(System.nanoTime() - start) : longest);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, and the hook is what brought us here.
    }
  }
}
