// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.explain.Explanation;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.discovery.k8s.look.Look;
import io.tensorcom.discovery.k8s.look.LookResult;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/**
 * Follows one name: looks, waits as long as the answer says, looks again.
 *
 * <p>Once a candidate of the search list has endpoints only that one is asked for, two queries a
 * look; all are walked again every minute, and at once when it has none any more. Confined to the
 * DNS thread.
 */
final class NameWatch {
  private static final Duration WALK_AGAIN = Duration.ofSeconds(60);
  private static final Duration EARLIEST = Duration.ofSeconds(1);

  private final Resolver resolver;
  private final ServiceName name;
  private final Duration deadline;
  private final EndpointListener listener;
  private final WatchState state;
  private final RefreshTimes times;
  private DiscoveryThread.@Nullable Timer timer;
  private @Nullable Look look;
  private @Nullable Name pinned;
  private long walkedAt;
  private long lookedAt;
  private boolean closed;
  private volatile @Nullable Explanation last;

  NameWatch(
      Resolver resolver,
      ServiceName name,
      Duration deadline,
      EndpointListener listener,
      long seed) {
    this.resolver = resolver;
    this.name = name;
    this.deadline = deadline;
    this.listener = listener;
    this.state = new WatchState(resolver.family(), resolver.settings().maxStale());
    this.times = new RefreshTimes(seed);
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
    Name pin = pinned;
    if (pin != null && now - walkedAt >= WALK_AGAIN.toNanos()) {
      pin = null;
    }
    if (pin == null) {
      walkedAt = now;
    }
    boolean walking = pin == null;
    Look next = resolver.look(name, pin, deadline, result -> onResult(result, walking));
    look = next;
    next.start();
  }

  private void onResult(LookResult result, boolean walked) {
    look = null;
    if (closed) {
      return;
    }
    if (!walked && result.isDefinitelyEmpty()) {
      // What was asked for alone is gone: perhaps another candidate has taken its place.
      pinned = null;
      look();
      return;
    }
    WatchState.Verdict verdict = state.apply(result, resolver.thread().nanoTime());
    if (result.chosen() != null) {
      pinned = result.chosen();
    }
    Explanation explanation = resolver.explain(name, result, state.used(), state.isDegraded());
    last = explanation;
    Duration wait =
        switch (verdict) {
          case FOUND -> times.afterRecords(result.ttl());
          case UNCONFIRMED -> times.toConfirm();
          case EMPTY -> times.afterNothing(result.ttl());
          case FAILED -> times.afterFailure();
        };
    tell(verdict, explanation);
    again(wait);
  }

  private void tell(WatchState.Verdict verdict, Explanation explanation) {
    if (state.hasEndpoints() || state.hasTold()) {
      EndpointSnapshot snapshot = state.changed();
      if (snapshot != null) {
        listener.onSnapshot(snapshot);
      }
      return;
    }
    if (verdict == WatchState.Verdict.EMPTY || verdict == WatchState.Verdict.FAILED) {
      listener.onError(
          new DiscoveryException(name, reason(explanation.outcome()), explanation.toText()));
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

  /** Looks as soon as a second has passed since the last look. */
  void lookEarly() {
    if (closed || look != null) {
      return;
    }
    long left = EARLIEST.toNanos() - (resolver.thread().nanoTime() - lookedAt);
    again(Duration.ofNanos(Math.max(0, left)));
  }

  /** {@return the explanation of the last look; from any thread} */
  @Nullable Explanation lastExplanation() {
    return last;
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
