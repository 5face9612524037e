// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A name that is followed by looking again and again. On the thread of the context. */
final class ListWatch implements Watch {
  /** What looks; used by one thread at a time, which may block. */
  interface Looks {
    /** Looks once. */
    ListLook.Outcome look(ServiceName name);

    /** {@return how long after one look the next is due} */
    Duration interval();
  }

  private static final Duration EARLIEST = Duration.ofSeconds(1);

  private final ServiceName name;
  private final Duration deadline;
  private final EndpointListener listener;
  private final DiscoveryThread thread;
  private final ListDiscovery.Blocking blocking;
  private final Looks looks;
  private volatile boolean closed;
  private volatile String explanation = "";
  private volatile Runnable onClose = () -> {};

  // On the thread of the context.
  private DiscoveryThread.@Nullable Timer next;
  private @Nullable List<Endpoint> told;
  private boolean looking;
  private long lookedAt;
  private long versions;

  ListWatch(
      ServiceName name,
      Duration deadline,
      EndpointListener listener,
      DiscoveryThread thread,
      ListDiscovery.Blocking blocking,
      Looks looks) {
    this.name = name;
    this.deadline = deadline;
    this.listener = listener;
    this.thread = thread;
    this.blocking = blocking;
    this.looks = looks;
  }

  void onClose(Runnable action) {
    onClose = action;
  }

  void look() {
    if (closed || looking) {
      return;
    }
    looking = true;
    lookedAt = thread.nanoTime();
    DiscoveryThread.Timer late = thread.schedule(deadline, this::tooLate);
    blocking.run(
        () -> {
          ListLook.Outcome outcome = looks.look(name);
          thread.execute(() -> onOutcome(outcome, late));
        });
  }

  private void tooLate() {
    fail(DiscoveryException.Reason.TIMEOUT, "no answer within " + deadline.toMillis() + " ms");
  }

  private void onOutcome(ListLook.Outcome outcome, DiscoveryThread.Timer late) {
    late.cancel();
    looking = false;
    if (closed) {
      return;
    }
    next = thread.schedule(looks.interval(), this::look);
    List<Endpoint> endpoints = outcome.endpoints();
    String failure = outcome.failure();
    explanation = failure == null ? "" : name + ": " + failure;
    if (endpoints == null && told != null && outcome.reason() != DiscoveryException.Reason.FAILED) {
      // It was there, and twice in a row it is not: that is a fact.
      endpoints = List.of();
    }
    if (endpoints == null) {
      fail(
          outcome.reason() == null ? DiscoveryException.Reason.FAILED : outcome.reason(),
          String.valueOf(failure));
    } else if (!endpoints.equals(told)) {
      told = endpoints;
      listener.onSnapshot(new EndpointSnapshot(++versions, endpoints, failure != null));
    }
  }

  private void fail(DiscoveryException.Reason reason, String message) {
    explanation = name + ": " + message;
    if (!closed && told == null) {
      listener.onError(new DiscoveryException(name, reason, explanation));
    }
  }

  @Override
  public void refresh() {
    thread.execute(
        () -> {
          if (!closed && !looking) {
            if (next != null) {
              next.cancel();
            }
            long passed = thread.nanoTime() - lookedAt;
            next =
                thread.schedule(
                    Duration.ofNanos(Math.max(0, EARLIEST.toNanos() - passed)), this::look);
          }
        });
  }

  @Override
  public void reportUnreachable(Endpoint endpoint) {
    refresh();
  }

  @Override
  public String explain() {
    return explanation;
  }

  @Override
  public void close() {
    closed = true;
    onClose.run();
    thread.execute(
        () -> {
          if (next != null) {
            next.cancel();
          }
        });
  }
}
