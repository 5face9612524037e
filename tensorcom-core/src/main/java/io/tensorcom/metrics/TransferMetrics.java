// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.TransferStats;
import io.tensorcom.tensor.PoolStats;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The figures of one sender or receiver as meters, named {@code tensorcom.*}, with the tags {@code
 * socket} and {@code role}.
 *
 * <p>Each peer has meters of its own, which go with it: peers that connect to us are hosts, those
 * that we connect to are addresses, and no more than 1,000 are listed unless told otherwise.
 * Figures are read together, at most every 100 ms, when a meter is read; peers that came since the
 * last reading then have meters from the next one on, or from {@link #refresh()} on. There is no
 * thread. Thread-safe.
 *
 * <pre>{@code
 * TransferMetrics metrics = TransferMetrics.of("train", receiver);
 * metrics.bindTo(registry);
 * }</pre>
 */
// Whoever uses it requires micrometer.core; all others must not have to.
@SuppressWarnings("exports")
public final class TransferMetrics implements MeterBinder, AutoCloseable {
  /** How many peers have meters of their own, by default. */
  public static final int DEFAULT_MAX_PEERS = 1000;

  private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Tags tags;
  private final List<Figure<Reading>> figures;
  private final Supplier<TransferStats> transfer;
  private final Supplier<PoolStats> pool;
  private final LongSupplier nanoClock;
  // Who takes a reading holds it.
  private final ReentrantLock lock = new ReentrantLock();
  private final PeerBook book;
  private final List<Binding> bindings = new ArrayList<>();
  private volatile Reading reading;
  private volatile boolean closed;

  TransferMetrics(
      Tags tags,
      List<Figure<Reading>> figures,
      Supplier<TransferStats> transfer,
      Supplier<PoolStats> pool,
      PeerBook book,
      LongSupplier nanoClock) {
    this.tags = tags;
    this.figures = figures;
    this.transfer = transfer;
    this.pool = pool;
    this.book = book;
    this.nanoClock = nanoClock;
    this.reading = read();
  }

  /**
   * Makes the meters of a sender.
   *
   * @param socket what tells it from others in the same registry: the tag {@code socket}
   */
  public static TransferMetrics of(String socket, TensorSender sender) {
    return of(socket, sender, DEFAULT_MAX_PEERS);
  }

  /**
   * Makes the meters of a sender.
   *
   * @param socket what tells it from others in the same registry: the tag {@code socket}
   * @param maxPeers how many peers have meters of their own
   */
  public static TransferMetrics of(String socket, TensorSender sender, int maxPeers) {
    return new TransferMetrics(
        tags(socket, "sender"),
        figures(Figures.ofSenders()),
        sender::stats,
        sender.pool()::stats,
        new PeerBook(!sender.boundEndpoints().isEmpty(), maxPeers),
        System::nanoTime);
  }

  /**
   * Makes the meters of a receiver.
   *
   * @param socket what tells it from others in the same registry: the tag {@code socket}
   */
  public static TransferMetrics of(String socket, TensorReceiver receiver) {
    return of(socket, receiver, DEFAULT_MAX_PEERS);
  }

  /**
   * Makes the meters of a receiver.
   *
   * @param socket what tells it from others in the same registry: the tag {@code socket}
   * @param maxPeers how many peers have meters of their own
   */
  public static TransferMetrics of(String socket, TensorReceiver receiver, int maxPeers) {
    return new TransferMetrics(
        tags(socket, "receiver"),
        figures(Figures.ofReceivers()),
        receiver::stats,
        receiver.pool()::stats,
        new PeerBook(!receiver.boundEndpoints().isEmpty(), maxPeers),
        System::nanoTime);
  }

  static Tags tags(String socket, String role) {
    return Tags.of("socket", socket, "role", role);
  }

  static List<Figure<Reading>> figures(List<Figure<Reading>> ofRole) {
    List<Figure<Reading>> all = new ArrayList<>(Figures.ofSockets());
    all.addAll(ofRole);
    all.addAll(Figures.ofPools());
    all.addAll(Figures.ofNames());
    return List.copyOf(all);
  }

  /** Registers the meters; may be called for several registries. */
  @Override
  public void bindTo(MeterRegistry registry) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("metrics are closed: " + tags);
      }
      bindings.add(new Binding(registry, tags, this::current, figures));
      readAndFollow();
    } finally {
      lock.unlock();
    }
  }

  /** Reads all figures now, and makes or removes meters of peers that came or went. */
  public void refresh() {
    lock.lock();
    try {
      if (!closed) {
        readAndFollow();
      }
    } finally {
      lock.unlock();
    }
  }

  private void readAndFollow() {
    reading = read();
    bindings.forEach(each -> each.follow(reading));
  }

  private Reading read() {
    TransferStats stats = transfer.get();
    return new Reading(
        nanoClock.getAsLong(),
        stats,
        pool.get(),
        book.update(stats.socket().peerStats()),
        book.unlisted());
  }

  /** A registry may ask while it is locked itself: so this never waits for a lock. */
  private Reading current() {
    if (nanoClock.getAsLong() - reading.nanoTime() >= FRESH_NANOS && lock.tryLock()) {
      try {
        // It may have been asked for by what the reading itself does.
        if (!closed && lock.getHoldCount() == 1) {
          readAndFollow();
        }
      } finally {
        lock.unlock();
      }
    }
    return reading;
  }

  /** Removes the meters from their registries. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      bindings.forEach(Binding::remove);
      bindings.clear();
    } finally {
      lock.unlock();
    }
  }
}
