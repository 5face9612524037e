// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.Encoding;
import io.tensorcom.codec.HeaderExtension;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.OutgoingStream;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
 *   sender.awaitPeers(1, Duration.ofSeconds(30)); // or zpub gives the batch to nobody
 *   try (TensorBatch batch = TensorBatch.of(images)) {
 *     sender.send(batch, Duration.ofSeconds(10));
 *   }
 * }
 * }</pre>
 */
public final class TensorSender implements AutoCloseable {
  private static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE);

  private final SocketFactory factory;
  private final MessageSink sink;
  private final SocketFactory.Attachment attachment;
  // Who sends holds it, so that sequences are in the order of sending.
  private final ReentrantLock order = new ReentrantLock();
  private final BatchEncoder encoder;
  private final @Nullable OutgoingStream stream;
  private final RateMeter meter = new RateMeter(System::nanoTime);
  private final WaitMeter waits = new WaitMeter(System::nanoTime);
  private volatile boolean closing;

  private TensorSender(SocketFactory factory) {
    this.factory = factory;
    this.encoder = new BatchEncoder(factory.config.encoding(), factory.config.allowRankZero());
    StreamOptions streams = factory.config.streams();
    this.stream =
        streams.extension() && factory.config.encoding() == Encoding.MULTIPART
            ? new OutgoingStream(new SecureRandom().nextLong(), streams.checksum())
            : null;
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
   * Sends a batch, which is borrowed: the caller closes it in every outcome. {@link
   * SendResult#SENT} says that it is queued, not that it was heard.
   *
   * @param timeout how long to wait for a peer with room; a PUB waits for slow subscribers as long
   *     as its configuration says, and does not wait for the first to come
   * @throws IllegalArgumentException if the batch is empty, has a tensor of rank 0, or is larger
   *     than a message may be
   * @throws InterruptedException if the thread is interrupted while it waits; the batch was not
   *     sent
   */
  public SendResult send(TensorBatch batch, Duration timeout) throws InterruptedException {
    return send(batch, timeout, BatchMark.NONE);
  }

  /**
   * As {@link #send(TensorBatch, Duration)}, and tells receivers more of the batch. A batch that
   * ends an epoch is never dropped by a PUB's policy: it waits to the drain timeout. With {@code
   * encoding=single} or {@code extension=false} nothing of it can be told.
   *
   * @throws InterruptedException if the thread is interrupted while it waits; the batch was not
   *     sent
   */
  public SendResult send(TensorBatch batch, Duration timeout, BatchMark mark)
      throws InterruptedException {
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    long start = System.nanoTime();
    if (!order.tryLock() && !order.tryLock(nanos, TimeUnit.NANOSECONDS)) {
      return SendResult.TIMED_OUT;
    }
    try {
      long left = Math.max(0, nanos - (System.nanoTime() - start));
      SendResult result = sendWaiting(encode(batch, mark), Duration.ofNanos(left));
      if (result == SendResult.SENT) {
        meter.count(batch.byteSize());
        if (stream != null) {
          stream.sent(mark);
        }
      }
      return result;
    } finally {
      order.unlock();
    }
  }

  private SendResult sendWaiting(Message message, Duration timeout) throws InterruptedException {
    waits.begin();
    try {
      return sink.send(message, timeout);
    } finally {
      waits.end();
    }
  }

  private Message encode(TensorBatch batch, BatchMark mark) {
    HeaderExtension extension = stream == null ? null : stream.next(mark, wallClockNanos());
    // Saturates. From here on the message holds the batch, so that nothing may throw.
    long patience = Math.max(1, TimeUnit.NANOSECONDS.convert(factory.config.drainTimeout()));
    Message message = encoder.message(batch, extension);
    if (mark.isEnd() && factory.role == SocketRole.PUB) {
      return message.withPatience(patience);
    }
    return mark.isEnd() && stream != null ? message.withEnd(stream.notice(mark).encode()) : message;
  }

  static long wallClockNanos() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }

  /**
   * Sends every batch of a source and closes each, until the source ends, a batch finds no peer
   * within the options' patience, or the sender is closed. Tells no end, as more may be served
   * behind it; of a source whose end receivers are to hear, use {@link #serveEpochs} with one
   * epoch.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public ServeReport serve(Iterator<TensorBatch> batches, ServeOptions options)
      throws InterruptedException {
    return serve(batches, options, () -> BatchMark.NONE, new ServeReport(0, 0, SendResult.SENT));
  }

  private ServeReport serve(
      Iterator<TensorBatch> batches,
      ServeOptions options,
      Supplier<BatchMark> marks,
      ServeReport before)
      throws InterruptedException {
    long count = before.batches();
    long bytes = before.bytes();
    while (batches.hasNext()) {
      SendResult result;
      try (TensorBatch batch = batches.next()) {
        result = send(batch, options.patience(), marks.get());
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
   * Serves so many epochs and flags the last batch of each, and of the stream: one batch is held
   * back to know it. Each batch that the source made is closed, also the one that is held back when
   * serving ends early. When the source fails in the middle of an epoch, what it gave is sent, no
   * end is told, and the failure is thrown: whoever serves on goes on with that epoch.
   *
   * @param epochs how many, at least 1
   * @param source gives the batches of an epoch, from 0 on; at least one. It is asked before the
   *     last batch of the epoch before is sent, so that the stream ends in order when it fails
   * @throws IllegalStateException if an epoch is empty; the one before was the last of the stream
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public ServeReport serveEpochs(
      long epochs, LongFunction<Iterator<TensorBatch>> source, ServeOptions options)
      throws InterruptedException {
    ServeReport total = new ServeReport(0, 0, SendResult.SENT);
    NextEpoch next = new NextEpoch(source, 0, epochs);
    try {
      next.open();
      for (long epoch = 0; epoch < epochs && total.end() == SendResult.SENT; epoch++) {
        try (HeldBatches batches = next.batches()) {
          next = new NextEpoch(source, epoch + 1, epochs);
          NextEpoch behind = next;
          total = serve(batches, options, () -> mark(batches, behind), total);
          batches.throwFailure();
        }
      }
      return total;
    } finally {
      next.close();
    }
  }

  private static BatchMark mark(HeldBatches batches, NextEpoch next) {
    if (batches.hasMore()) {
      return BatchMark.NONE;
    }
    // An epoch of which a part is missing has not ended: who serves on may complete it, and of one
    // that dies receivers are to hear that it did.
    return batches.hasFailed() ? BatchMark.NONE : next.open();
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
        meter.batches(),
        meter.bytes(),
        rates[0],
        rates[1],
        0,
        sink.stats(),
        attachment.stats(),
        List.of(),
        0,
        0,
        waits.nanos());
  }

  /**
   * Takes nothing more, lets what is queued drain, and closes. Idempotent; who calls it while
   * another thread drains waits for that, and ends it when this time is over before. JeroMQ cannot
   * be hurried so.
   *
   * @param drainTimeout how long to wait; what is left then is dropped
   */
  public DrainReport close(Duration drainTimeout) {
    closing = true;
    attachment.close();
    boolean complete = sink.close(drainTimeout);
    factory.closePool();
    return new DrainReport(complete, meter.batches(), sink.undelivered(), sink.undeliveredByPeer());
  }

  /** {@return the configured drain timeout, 5 s by default} */
  public Duration drainTimeout() {
    return factory.config.drainTimeout();
  }

  /**
   * Closes with the configured drain timeout, 5 s by default; who calls it while another thread
   * drains waits for that, as the end of a {@code try} does for a shutdown hook.
   */
  @Override
  public void close() {
    close(closing ? FOR_EVER : factory.config.drainTimeout());
  }

  @Override
  public String toString() {
    return "TensorSender[urls=" + factory.urls + ", batches=" + meter.batches() + "]";
  }
}
