// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.explain.Explanation;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.discovery.k8s.look.Look;
import io.tensorcom.discovery.k8s.look.LookResult;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Name;

/**
 * Follows one name: looks, waits as long as the answer says, looks again.
 *
 * <p>Once a candidate of the search list has endpoints only that one is asked for, two queries a
 * look; all are walked again every minute, and at once when it has none any more. While that one
 * fails, what a later candidate has is not believed: it may be another service. Confined to the DNS
 * thread.
 */
final class NameWatch {
  private static final Logger LOG = LoggerFactory.getLogger(NameWatch.class);
  private static final Duration WALK_AGAIN = Duration.ofSeconds(60);
  private static final Duration EARLIEST = Duration.ofSeconds(1);

  private final Resolver resolver;
  private final ServiceName name;
  private final Duration deadline;
  private final EndpointListener listener;
  private final Consumer<Explanation> onLook;
  private final WatchState state;
  private final RefreshTimes times;
  private DiscoveryThread.@Nullable Timer timer;
  private @Nullable Look look;
  private @Nullable Name source;
  private boolean pinned;
  private boolean failing;
  private long walkedAt;
  private long lookedAt;
  private boolean closed;
  private volatile @Nullable Explanation last;
  private volatile long learntAt;
  private volatile long unconfirmed;

  /**
   * Makes a watch that has not begun.
   *
   * @param onLook told of every look, after the listener
   */
  NameWatch(
      Resolver resolver,
      ServiceName name,
      Duration deadline,
      EndpointListener listener,
      Consumer<Explanation> onLook,
      long seed) {
    this.resolver = resolver;
    this.name = name;
    this.deadline = deadline;
    this.listener = listener;
    this.onLook = onLook;
    this.state = new WatchState(resolver.family(), resolver.settings().maxStale());
    this.times = new RefreshTimes(seed);
    this.learntAt = resolver.thread().nanoTime();
  }

  void start() {
    look();
  }

  private void look() {
    if (closed) {
      return;
    }
    timer = null;
    long now = resolver.thread().nanoTime();
    lookedAt = now;
    Name pin = pinned && now - walkedAt < WALK_AGAIN.toNanos() ? source : null;
    boolean walking = pin == null;
    if (walking) {
      walkedAt = now;
    }
    try {
      Look next = resolver.look(name, pin, deadline, result -> onResult(result, walking));
      look = next;
      next.start();
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  private void onResult(LookResult result, boolean walked) {
    look = null;
    if (closed) {
      return;
    }
    if (!walked && result.isDefinitelyEmpty()) {
      // What was asked for alone is gone: perhaps another candidate has taken its place.
      pinned = false;
      look();
      return;
    }
    try {
      take(believed(result));
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  /**
   * {@return the look, or a failed one if it would replace endpoints that only failed to answer}
   */
  private LookResult believed(LookResult result) {
    Name chosen = result.chosen();
    if (source == null || chosen == null || chosen.equals(source)) {
      return result;
    }
    Outcome told = result.tried().get(source);
    return told == null || told.isEmpty() ? result : result.asFailed(told);
  }

  private void take(LookResult result) {
    boolean gone = result.isDefinitelyEmpty() || (source != null && result.denies(source));
    WatchState.Verdict verdict = state.apply(result, gone, resolver.thread().nanoTime());
    if (result.chosen() != null) {
      source = result.chosen();
      pinned = true;
    }
    if (!state.hasEndpoints()) {
      source = null;
      pinned = false;
    }
    failing = verdict == WatchState.Verdict.FAILED;
    again(
        switch (verdict) {
          case FOUND -> times.afterRecords(result.ttl());
          case UNCONFIRMED -> times.toConfirm();
          case EMPTY -> times.afterNothing(result.ttl());
          case FAILED -> times.afterFailure();
        });
    learntAt = failing ? learntAt : resolver.thread().nanoTime();
    unconfirmed = state.unconfirmed();
    Explanation explanation = resolver.explain(name, result, state.used(), state.isDegraded());
    last = explanation;
    tell(explanation);
    onLook.accept(explanation);
  }

  private void tell(Explanation explanation) {
    if (state.hasEndpoints() || state.hasTold()) {
      List<Endpoint> before = state.told();
      EndpointSnapshot snapshot = state.changed();
      if (snapshot != null) {
        resolver.metrics().add("event.ADDED", notIn(before, snapshot.endpoints()));
        resolver.metrics().add("event.REMOVED", notIn(snapshot.endpoints(), before));
        listener.onSnapshot(snapshot);
      }
      return;
    }
    listener.onError(
        new DiscoveryException(name, reason(explanation.outcome()), explanation.toText()));
  }

  /** {@return how many of the others are at no place in a list} */
  private static long notIn(List<Endpoint> list, List<Endpoint> others) {
    return others.stream().filter(other -> list.stream().noneMatch(other::isSamePlace)).count();
  }

  /** Goes on after a mistake of ours, so that the name is not forgotten for ever. */
  private void broken(RuntimeException mistake) {
    LOG.error("a look has failed: name={}", name, mistake);
    Look broken = look;
    look = null;
    if (broken != null) {
      broken.cancel();
    }
    again(times.afterFailure());
    if (!state.hasTold()) {
      listener.onError(
          new DiscoveryException(
              name, DiscoveryException.Reason.FAILED, name + ": the look failed: " + mistake));
    }
  }

  static DiscoveryException.Reason reason(Outcome outcome) {
    return switch (outcome) {
      case NODATA, NXDOMAIN, FOUND -> DiscoveryException.Reason.NOT_FOUND;
      case TIMEOUT -> DiscoveryException.Reason.TIMEOUT;
      case SERVFAIL, REFUSED -> DiscoveryException.Reason.REFUSED;
      default -> DiscoveryException.Reason.FAILED;
    };
  }

  private void again(Duration wait) {
    if (timer != null) {
      timer.cancel();
    }
    timer = resolver.thread().schedule(wait, this::look);
  }

  /** Looks as soon as a second has passed since the last look; after a failure its wait stands. */
  void lookEarly() {
    if (closed || look != null || failing) {
      return;
    }
    long left = EARLIEST.toNanos() - (resolver.thread().nanoTime() - lookedAt);
    again(Duration.ofNanos(Math.max(0, left)));
  }

  /** {@return the explanation of the last look; from any thread} */
  @Nullable Explanation lastExplanation() {
    return last;
  }

  /** {@return when a look last told a fact; from any thread} */
  long learntAt() {
    return learntAt;
  }

  /** {@return how many endpoints the last look could not confirm; from any thread} */
  long unconfirmed() {
    return unconfirmed;
  }

  void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
    if (look != null) {
      look.cancel();
    }
  }
}
