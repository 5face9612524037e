// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sends batches to whoever is behind its URLs: to one peer each (PUSH), or to all (PUB).
 *
 * <p>Sending borrows: the caller closes its batch in every outcome, and does not write into its
 * memory before {@link TensorBatch#whenReleased()}. Nothing waits for ever unless the caller says
 * so. Thread-safe; the order of the batches of one thread is kept.
 *
 * <pre>{@code
 * try (TensorSender sender = TensorSender.open("zpub://*:7880")) {
 *   Tensor images = Tensor.allocate(sender.pool(), DType.UINT8, 32, 28, 28, 3);
 *   fill(images.data());
 *   try (TensorBatch batch = TensorBatch.of(images)) {
 *     sender.send(batch, Duration.ofSeconds(10));
 *   }
 * }
 * }</pre>
 */
public final class TensorSender implements AutoCloseable {
  private final SocketFactory factory;
  private final MessageSink sink;
  private final SocketFactory.Attachment attachment;
  private final ThreadLocal<BatchEncoder> encoders;
  private final RateMeter meter = new RateMeter(System::nanoTime);

  private TensorSender(SocketFactory factory) {
    this.factory = factory;
    this.encoders =
        ThreadLocal.withInitial(
            () -> new BatchEncoder(factory.config.encoding(), factory.config.allowRankZero()));
    this.sink = factory.transport.openSink(factory.role, factory.options);
    this.attachment = factory.attach(sink);
  }

  /**
   * Opens a sender with the default configuration.
   *
   * @param urls of schemes {@code zpush}, {@code zpub}, {@code zrpush} or {@code zrpub}, all of one
   *     role; braces are expanded
   * @throws IllegalArgumentException if a URL is bad
   * @throws io.tensorcom.transport.TransportException if an address cannot be bound
   * @throws io.tensorcom.discovery.DiscoveryException if the configuration says to wait for the
   *     first endpoint of names, and there is none in time
   */
  public static TensorSender open(String... urls) {
    return open(TensorcomConfig.defaults(), urls);
  }

  /**
   * Opens a sender; options in the URLs come before the configuration.
   *
   * @throws IllegalArgumentException if a URL is bad
   * @throws io.tensorcom.transport.TransportException if an address cannot be bound
   * @throws io.tensorcom.discovery.DiscoveryException if the configuration says to wait for the
   *     first endpoint of names, and there is none in time
   */
  public static TensorSender open(TensorcomConfig config, String... urls) {
    return new TensorSender(new SocketFactory(config, true, urls));
  }

  /** {@return the pool to allocate tensors from} */
  public TensorPool pool() {
    return factory.pool;
  }

  /** {@return where the sender is bound, with real ports, for example tcp://127.0.0.1:7880} */
  public List<String> boundEndpoints() {
    return attachment.bound().stream().map(TransportAddress::toString).toList();
  }

  /**
   * Sends a batch, which is borrowed: the caller closes it in every outcome.
   *
   * @param timeout how long to wait for a peer with room; a PUB waits for slow subscribers as long
   *     as its configuration says, and does not wait for the first to come
   * @throws IllegalArgumentException if the batch is empty, has a tensor of rank 0, or is larger
   *     than a message may be
   * @throws InterruptedException if the thread is interrupted while it waits; the batch was not
   *     sent
   */
  public SendResult send(TensorBatch batch, Duration timeout) throws InterruptedException {
    Message message = encoders.get().message(batch);
    SendResult result = sink.send(message, timeout);
    if (result == SendResult.SENT) {
      meter.count(batch.byteSize());
    }
    return result;
  }

  /**
   * Sends every batch of a source and closes each, until the source ends, a batch finds no peer
   * within the options' patience, or the sender is closed.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public ServeReport serve(Iterator<TensorBatch> batches, ServeOptions options)
      throws InterruptedException {
    long count = 0;
    long bytes = 0;
    while (batches.hasNext()) {
      SendResult result;
      try (TensorBatch batch = batches.next()) {
        result = send(batch, options.patience());
        if (result != SendResult.SENT) {
          return new ServeReport(count, bytes, result);
        }
        bytes += batch.byteSize();
      }
      count++;
      if (options.reportEvery() > 0 && count % options.reportEvery() == 0) {
        options.report().accept(count, stats());
      }
    }
    return new ServeReport(count, bytes, SendResult.SENT);
  }

  /**
   * As {@link #serve(Iterator, ServeOptions)}; the stream is closed at the end.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public ServeReport serve(Stream<TensorBatch> batches, ServeOptions options)
      throws InterruptedException {
    try (batches) {
      return serve(batches.iterator(), options);
    }
  }

  /**
   * Waits until this many peers are connected and, for PUB, have subscribed.
   *
   * @return whether that was so before the time was over
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean awaitPeers(int count, Duration timeout) throws InterruptedException {
    return sink.awaitPeers(count, timeout);
  }

  /** {@return what was sent so far} */
  public TransferStats stats() {
    double[] rates = meter.rates();
    return new TransferStats(
        meter.batches(), meter.bytes(), rates[0], rates[1], 0, sink.stats(), attachment.stats());
  }

  /**
   * Takes nothing more, lets what is queued drain, and closes. Idempotent.
   *
   * @param drainTimeout how long to wait; what is left then is dropped
   */
  public DrainReport close(Duration drainTimeout) {
    attachment.close();
    boolean complete = sink.close(drainTimeout);
    factory.closePool();
    return new DrainReport(complete, meter.batches());
  }

  /** Closes with the configured drain timeout, 5 s by default. */
  @Override
  public void close() {
    close(factory.config.drainTimeout());
  }

  @Override
  public String toString() {
    return "TensorSender[urls=" + factory.urls + ", batches=" + meter.batches() + "]";
  }
}
