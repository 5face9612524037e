// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.codec.BatchDecoder;
import io.tensorcom.codec.DecodeLimits;
import io.tensorcom.codec.MalformedBatchException;
import io.tensorcom.stream.BatchLossException;
import io.tensorcom.stream.ConnectedSenders;
import io.tensorcom.stream.EndNotice;
import io.tensorcom.stream.StreamLedger;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Capability;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives batches from whoever is behind its URLs, from all peers in turn.
 *
 * <p>Receiving hands over: each batch belongs to the caller, who closes it; its tensors lie in the
 * receiver's pool until then. When the application holds so many batches that the pool is spent,
 * nothing more is read. A malformed batch is counted and skipped, or thrown if configured so.
 * Thread-safe; the order of one peer's batches is kept with one consumer.
 *
 * <pre>{@code
 * try (TensorReceiver receiver = TensorReceiver.open("zsub://127.0.0.1:7880")) {
 *   for (TensorBatch batch : receiver) {
 *     try (batch) {
 *       train(batch.get(0).data(), batch.get(1).data());
 *     }
 *   }
 * }
 * }</pre>
 */
public final class TensorReceiver implements AutoCloseable, Iterable<TensorBatch> {
  private static final Logger LOG = LoggerFactory.getLogger(TensorReceiver.class);
  private static final Duration GLANCE = Duration.ofMillis(50);
  private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final SocketFactory factory;
  private final LongSupplier nanoClock;
  private final MessageSource source;
  private final StreamLedger ledger;
  private final AtomicLong toleratedLoss;
  private final Queue<TensorBatch> heldBack = new ConcurrentLinkedQueue<>();
  private final SocketFactory.Attachment attachment;
  private final BatchDecoder decoder;
  private final RateMeter meter = new RateMeter(System::nanoTime);
  private final WaitMeter waits = new WaitMeter(System::nanoTime);
  private final LongAdder malformed = new LongAdder();
  // Who takes and enters a message holds it.
  private final ReentrantLock taking = new ReentrantLock();
  private volatile boolean foundNothing;
  private volatile boolean closed;
  private final AtomicLong lastLogged = new AtomicLong(System.nanoTime() - LOG_INTERVAL_NANOS);

  private TensorReceiver(SocketFactory factory, LongSupplier nanoClock) {
    this.factory = factory;
    this.nanoClock = nanoClock;
    this.decoder =
        new BatchDecoder(
            new DecodeLimits(
                factory.config.maxTensors(),
                factory.options.maxMessageBytes(),
                DecodeLimits.DEFAULT.maxHeaderBytes()),
            factory.pool);
    this.ledger = new StreamLedger(missingMeans(factory), TensorSender::wallClockNanos, nanoClock);
    this.toleratedLoss = new AtomicLong(toleratedLoss(factory));
    this.source = factory.transport.openSource(factory.role, factory.options);
    source.sumFrames(BatchDecoder::usesSums);
    this.attachment = factory.attach(source);
  }

  private static long toleratedLoss(SocketFactory factory) {
    long maxLost = factory.config.streams().maxLost();
    if (maxLost >= 0 && missingMeans(factory) != StreamStats.Missing.LOST) {
      factory.closePool();
      throw new IllegalArgumentException(
          "maxlost="
              + maxLost
              + " cannot be kept: urls="
              + factory.urls
              + " (expected: zsub or zrsub without a topic; others do not know what is lost)");
    }
    return maxLost;
  }

  private static StreamStats.Missing missingMeans(SocketFactory factory) {
    if (factory.role == SocketRole.PULL) {
      return StreamStats.Missing.ELSEWHERE_OR_LOST;
    }
    boolean all = factory.options.topics().stream().anyMatch(topic -> topic.length == 0);
    return all ? StreamStats.Missing.LOST : StreamStats.Missing.FILTERED_OR_LOST;
  }

  /**
   * Opens a receiver with the default configuration.
   *
   * @param urls of schemes {@code zpull}, {@code zsub}, {@code zrpull} or {@code zrsub}, all of one
   *     role; braces are expanded; topics of all of them are subscribed to
   * @throws IllegalArgumentException if a URL is bad
   * @throws io.tensorcom.transport.TransportException if an address cannot be bound
   * @throws io.tensorcom.discovery.DiscoveryException if the configuration says to wait for the
   *     first endpoint of names, and there is none in time
   */
  public static TensorReceiver open(String... urls) {
    return open(TensorcomConfig.defaults(), urls);
  }

  /**
   * Opens a receiver; options in the URLs come before the configuration.
   *
   * @throws IllegalArgumentException if a URL is bad
   * @throws io.tensorcom.transport.TransportException if an address cannot be bound
   * @throws io.tensorcom.discovery.DiscoveryException if the configuration says to wait for the
   *     first endpoint of names, and there is none in time
   */
  public static TensorReceiver open(TensorcomConfig config, String... urls) {
    return open(config, System::nanoTime, urls);
  }

  /** As the others, with a clock for who is silent or gone. */
  static TensorReceiver open(TensorcomConfig config, LongSupplier nanoClock, String... urls) {
    return new TensorReceiver(new SocketFactory(config, false, urls), nanoClock);
  }

  /** {@return the pool that received batches lie in} */
  public TensorPool pool() {
    return factory.pool;
  }

  /** {@return the URLs, after brace expansion} */
  public List<TensorcomUrl> urls() {
    return factory.urls;
  }

  /** {@return where the receiver is bound, with real ports, for example tcp://127.0.0.1:7880} */
  public List<String> boundEndpoints() {
    return attachment.bound().stream().map(TransportAddress::toString).toList();
  }

  /**
   * Waits for a batch, which belongs to the caller from then on.
   *
   * @return the batch, or null if the time was over or the receiver is closed
   * @throws MalformedBatchException if a batch is malformed and the configuration says to throw
   * @throws BatchLossException if more was lost than the configuration tolerates
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public @Nullable TensorBatch poll(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    TensorBatch batch = pollToEnd(timeout);
    while (batch == null && deadline - System.nanoTime() > 0 && !source.isClosed()) {
      batch = pollToEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }
    return batch;
  }

  /** As {@link #poll}, but an end returns too, so that nothing behind it has been taken. */
  @Nullable TensorBatch pollToEnd(Duration timeout) throws InterruptedException {
    TensorBatch held = heldBack.poll();
    if (held != null) {
      return held;
    }
    TensorBatch batch = takeInOrder(timeout);
    if (batch != null) {
      meter.count(batch.byteSize());
      checkLoss(batch);
    }
    return batch;
  }

  /** One thread at a time, or a batch that another one is about to enter would count as lost. */
  private @Nullable TensorBatch takeInOrder(Duration timeout) throws InterruptedException {
    waits.begin();
    boolean waiting = true;
    try {
      Duration left = timeout;
      if (!taking.tryLock()) {
        long nanos = TimeUnit.NANOSECONDS.convert(timeout);
        long start = System.nanoTime();
        if (!taking.tryLock(nanos, TimeUnit.NANOSECONDS)) {
          return null;
        }
        left = Duration.ofNanos(Math.max(0, nanos - (System.nanoTime() - start)));
      }
      try {
        Message message = source.poll(left);
        foundNothing = message == null;
        waits.end();
        waiting = false;
        return message == null ? null : take(message);
      } finally {
        taking.unlock();
      }
    } finally {
      if (waiting) {
        waits.end();
      }
    }
  }

  /**
   * {@return the batch; null for a malformed one, for one that came before, by another address of
   * its server, and for the notice of an end}
   */
  private @Nullable TensorBatch take(Message message) {
    String peer = message.peer();
    if (message.isCommand()) {
      EndNotice end = EndNotice.decode(message.piece(0));
      message.release();
      if (end != null) {
        ledger.ended(end, peer);
      }
      return null;
    }
    TensorBatch batch = decode(message);
    BatchOrigin origin = batch == null ? null : batch.origin();
    if (origin != null) {
      if (!ledger.received(origin, peer)) {
        Objects.requireNonNull(batch).close();
        return null;
      }
    } else if (batch != null) {
      ledger.heard(peer);
    }
    return batch;
  }

  private void checkLoss(TensorBatch batch) {
    long tolerated = toleratedLoss.get();
    long lost = tolerated < 0 ? 0 : ledger.missing();
    if (tolerated >= 0 && lost > tolerated && toleratedLoss.compareAndSet(tolerated, lost)) {
      heldBack.add(batch);
      if (closed) {
        // By another thread, which may have looked before.
        closeHeldBack();
      }
      throw new BatchLossException(lost, tolerated, ledger.streams());
    }
  }

  /**
   * {@return whether at least one sender has told that nothing follows, and so have all that are
   * there, and all they sent was handed out; never with senders that tell nothing, as Python's}
   */
  public boolean isEnded() {
    return !isHoldingBack() && foundNothing() && epochs(Map.of()).ended();
  }

  /**
   * {@return whether nothing waits of senders that were not heard} A transport that cannot tell of
   * whom something waits is believed when there was nothing to take.
   */
  boolean foundNothing() {
    return foundNothing || tellsPeers();
  }

  private boolean tellsPeers() {
    return factory.transport.capabilities().contains(Capability.PEER_STATISTICS);
  }

  /** {@return whether a batch is left to be handed out behind an exception that it caused} */
  boolean isHoldingBack() {
    return !heldBack.isEmpty();
  }

  StreamLedger.Epochs epochs(Map<Long, Long> taken) {
    return ledger.epochs(taken, connectedSenders());
  }

  /** {@return the stream that was heard last from an address} */
  @Nullable Long streamOf(String peer) {
    return ledger.streamOf(peer);
  }

  /** {@return whether a stream is in the book} */
  boolean knows(long stream) {
    return ledger.knows(stream);
  }

  /** {@return the time by which senders are silent or gone} */
  long nanoTime() {
    return nanoClock.getAsLong();
  }

  /** Leaves a time out of the silence of the senders. */
  void leaveOut(long nanos) {
    ledger.leaveOut(nanos);
  }

  /**
   * {@return how many ends were heard of; {@link #epochs} need not be asked while it is the same}
   */
  long ends() {
    return ledger.ends();
  }

  private ConnectedSenders connectedSenders() {
    return new ConnectedSenders(
        tellsPeers(),
        source.stats().peerStats().stream().map(PeerStats::peer).collect(Collectors.toSet()),
        source.waitingPeers(),
        attachment.expected(),
        source.peersThatTellEnds(),
        source.queuedPeers());
  }

  /** {@return which batches came, to be merged with the reports of other pullers} */
  public StreamReport streamReport() {
    return ledger.report();
  }

  private @Nullable TensorBatch decode(Message message) {
    String peer = message.peer();
    try {
      return decoder.decode(message);
    } catch (MalformedBatchException e) {
      malformed.increment();
      source.closePeer(peer);
      MalformedBatchException located = e.within(peer.isEmpty() ? "unknown peer" : peer);
      if (factory.config.onMalformed() == TensorcomConfig.OnMalformed.THROW) {
        throw located;
      }
      logOnceInAWhile(located);
      return null;
    }
  }

  private void logOnceInAWhile(MalformedBatchException e) {
    long now = System.nanoTime();
    long last = lastLogged.get();
    if (now - last >= LOG_INTERVAL_NANOS && lastLogged.compareAndSet(last, now)) {
      LOG.warn("malformed batch skipped: {}; skipped so far: {}", e.getMessage(), malformed.sum());
    }
  }

  /**
   * Waits for a batch until the configured receive timeout; the batch belongs to the caller.
   *
   * @throws ReceiveTimeoutException if none came in time; it names peers, pool and leases
   * @throws IllegalStateException if the receiver is closed
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public TensorBatch receive() throws InterruptedException {
    TensorBatch batch = poll(receiveTimeout());
    if (batch == null) {
      throw nothingCame();
    }
    return batch;
  }

  /** {@return how long {@link #receive()} waits: the URLs' option, or else the configuration's} */
  public Duration receiveTimeout() {
    return factory.config.receiveTimeout();
  }

  /** {@return what {@link #receive} throws when its time is over} */
  RuntimeException nothingCame() {
    return source.isClosed()
        ? new IllegalStateException("receiver is closed: urls=" + factory.urls)
        : new ReceiveTimeoutException(
            receiveTimeout(),
            factory.urls,
            stats(),
            factory.pool.stats(),
            attachment.explainMissing());
  }

  /** As {@link #receive}; null when nothing follows. */
  @Nullable TensorBatch receiveUnlessEnded() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(receiveTimeout());
    while (true) {
      long left = Math.max(0, deadline - System.nanoTime());
      TensorBatch batch = poll(left < GLANCE.toNanos() ? Duration.ofNanos(left) : GLANCE);
      if (batch != null || isEnded()) {
        return batch;
      }
      if (left == 0 || source.isClosed()) {
        throw nothingCame();
      }
    }
  }

  /**
   * {@return an iterator that ends when the receiver is closed, or all senders have told that
   * nothing follows; its {@code next} waits as {@link #receive()} does, and each batch belongs to
   * the caller}
   *
   * <p>When the thread is interrupted while it waits, the iterator throws {@link
   * ReceiveInterruptedException}: an interrupt is not the end of the stream.
   */
  @Override
  public Iterator<TensorBatch> iterator() {
    return new BatchIterator(this);
  }

  /**
   * Waits until this many peers are connected.
   *
   * @return whether that was so before the time was over
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean awaitPeers(int count, Duration timeout) throws InterruptedException {
    return source.awaitPeers(count, timeout);
  }

  /** {@return what was received so far} */
  public TransferStats stats() {
    double[] rates = meter.rates();
    return new TransferStats(
        meter.batches(),
        meter.bytes(),
        rates[0],
        rates[1],
        malformed.sum(),
        source.stats(),
        attachment.stats(),
        ledger.streams(),
        ledger.restarts(),
        ledger.forgotten(),
        waits.nanos());
  }

  /**
   * Ends the connections. What came whole is still handed out, and then iteration ends and {@link
   * #isClosed} is true; the receiver must be closed all the same. A batch that is on its way is
   * lost: its sender counts it only if it had not been written whole, and the reports of all
   * receivers together name it.
   */
  public void finish() {
    attachment.close();
    source.finish();
  }

  /** {@return whether nothing comes any more} */
  boolean isSourceClosed() {
    return source.isClosed();
  }

  /** {@return whether nothing will be handed out any more} */
  public boolean isClosed() {
    return heldBack.isEmpty() && source.isClosed();
  }

  /** Closes the receiver; batches that were handed out stay valid. Idempotent. */
  @Override
  public void close() {
    attachment.close();
    source.close();
    closed = true;
    closeHeldBack();
    factory.closePool();
  }

  private void closeHeldBack() {
    for (TensorBatch held = heldBack.poll(); held != null; held = heldBack.poll()) {
      held.close();
    }
  }

  @Override
  public String toString() {
    return "TensorReceiver[urls=" + factory.urls + ", batches=" + meter.batches() + "]";
  }
}
