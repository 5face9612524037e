// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.MessageSocket;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a socket connected to what is behind names, as that changes. An endpoint is connected once,
 * however many names lead to it. Thread-safe; its state changes in a {@link Mailbox} only.
 */
final class Membership implements ConnectionListener, AutoCloseable {
  /** How long one look may take. */
  static final Duration LOOK_DEADLINE = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

  /** An endpoint that is used, and for how many names. */
  private static final class Member {
    private final Endpoint endpoint;
    private int holders;
    private boolean unreachable;

    Member(Endpoint endpoint) {
      this.endpoint = endpoint;
    }
  }

  private final MessageSocket socket;
  private final ServiceDiscovery discovery;
  private final boolean ownsDiscovery;
  private final Duration linger;
  private final @Nullable MembershipListener listener;
  private final Executor listenerThread;
  private final Mailbox mailbox = new Mailbox();
  private final CountDownLatch found = new CountDownLatch(1);
  private volatile List<FollowedName> names = List.of();
  private volatile MembershipStats stats = MembershipStats.NONE;
  private volatile boolean closed;

  // In the mailbox.
  private final Map<TransportAddress, Member> members = new LinkedHashMap<>();
  private final Set<TransportAddress> fixed = new HashSet<>();
  private final Map<TransportAddress, Integer> connections = new HashMap<>();
  private long added;
  private long removed;

  /**
   * Makes a membership that follows nothing yet, and tells its listener on a thread of its own.
   *
   * @param ownsDiscovery whether the discovery is closed with it
   * @param linger how long the connection to a removed endpoint may go on
   */
  Membership(
      MessageSocket socket,
      ServiceDiscovery discovery,
      boolean ownsDiscovery,
      Duration linger,
      @Nullable MembershipListener listener) {
    this(socket, discovery, ownsDiscovery, linger, listener, new ListenerThread());
  }

  /** Makes one that tells its listener elsewhere; for tests. */
  Membership(
      MessageSocket socket,
      ServiceDiscovery discovery,
      boolean ownsDiscovery,
      Duration linger,
      @Nullable MembershipListener listener,
      Executor listenerThread) {
    this.socket = socket;
    this.discovery = discovery;
    this.ownsDiscovery = ownsDiscovery;
    this.linger = linger;
    this.listener = listener;
    this.listenerThread = listenerThread;
    socket.setConnectionListener(this);
  }

  /** Leaves an address alone that others keep connected, whatever names lead to it. */
  void exclude(TransportAddress address) {
    mailbox.post(() -> fixed.add(Literals.canonical(address)));
  }

  /**
   * Begins to follow a name.
   *
   * @throws IllegalArgumentException if the name can never be found
   */
  void follow(ServiceName name) {
    FollowedName followed = new FollowedName(name, this::onLook);
    List<FollowedName> all = new ArrayList<>(names);
    all.add(followed);
    names = List.copyOf(all);
    followed.begin(discovery, LOOK_DEADLINE);
  }

  private void onLook(FollowedName followed, @Nullable EndpointSnapshot snapshot) {
    mailbox.post(
        () -> {
          if (!closed && snapshot != null) {
            apply(followed, snapshot);
            publish();
          }
        });
  }

  private void apply(FollowedName followed, EndpointSnapshot snapshot) {
    Map<TransportAddress, Endpoint> before = followed.held();
    Map<TransportAddress, Endpoint> now = followed.choose(snapshot);
    now.forEach(
        (address, endpoint) -> {
          if (!before.containsKey(address)) {
            hold(address, endpoint);
          }
        });
    before
        .keySet()
        .forEach(
            address -> {
              if (!now.containsKey(address)) {
                release(address);
              }
            });
    followed.hold(now);
    if (!now.isEmpty()) {
      found.countDown();
    }
  }

  private void hold(TransportAddress address, Endpoint endpoint) {
    Member member = members.computeIfAbsent(address, key -> new Member(endpoint));
    if (member.holders++ > 0) {
      return;
    }
    added++;
    LOG.info("endpoint added: endpoint={}", endpoint);
    if (!fixed.contains(address)) {
      quietly(() -> socket.connect(address));
    }
    tell(to -> to.endpointAdded(endpoint));
  }

  private void release(TransportAddress address) {
    Member member = members.get(address);
    if (member == null || --member.holders > 0) {
      return;
    }
    members.remove(address);
    removed++;
    LOG.info("endpoint removed: endpoint={}", member.endpoint);
    if (!fixed.contains(address)) {
      quietly(() -> socket.disconnect(address, linger));
    }
    tell(to -> to.endpointRemoved(member.endpoint));
  }

  /** Tells the application, which may block there as long as it likes. */
  private void tell(Consumer<MembershipListener> event) {
    MembershipListener to = listener;
    if (to != null) {
      listenerThread.execute(
          () -> {
            if (!closed) {
              event.accept(to);
            }
          });
    }
  }

  /** Does something with the socket, which the application may have closed meanwhile. */
  private static void quietly(Runnable action) {
    try {
      action.run();
    } catch (IllegalStateException e) {
      LOG.debug("socket is closed", e);
    }
  }

  @Override
  public void connected(TransportAddress address) {
    count(address, 1);
  }

  @Override
  public void disconnected(TransportAddress address) {
    count(address, -1);
  }

  private void count(TransportAddress address, int delta) {
    mailbox.post(
        () -> {
          TransportAddress key = Literals.canonical(address);
          connections.merge(
              key, delta, (before, more) -> before + more == 0 ? null : before + more);
          Member member = members.get(key);
          if (member != null && delta > 0) {
            member.unreachable = false;
          }
          publish();
        });
  }

  @Override
  public void unreachable(TransportAddress address, String reason) {
    mailbox.post(
        () -> {
          TransportAddress key = Literals.canonical(address);
          Member member = members.get(key);
          if (closed || member == null) {
            return;
          }
          for (FollowedName followed : names) {
            followed.reportUnreachable(key);
          }
          if (!member.unreachable) {
            member.unreachable = true;
            LOG.info("endpoint unreachable: endpoint={}, reason={}", member.endpoint, reason);
            publish();
            tell(to -> to.endpointUnreachable(member.endpoint, reason));
          }
        });
  }

  private void publish() {
    int connected = 0;
    int unreachable = 0;
    Set<TransportAddress> confirmed = confirmed();
    for (Map.Entry<TransportAddress, Member> each : members.entrySet()) {
      connected += connections.containsKey(each.getKey()) ? 1 : 0;
      unreachable += each.getValue().unreachable ? 1 : 0;
    }
    int stale = members.size() - confirmed.size();
    stats = new MembershipStats(members.size(), connected, added, removed, unreachable, stale);
  }

  /** {@return the members that the last look at one of their names has found} */
  private Set<TransportAddress> confirmed() {
    Set<TransportAddress> confirmed = new HashSet<>();
    for (FollowedName followed : names) {
      followed
          .held()
          .forEach(
              (address, endpoint) -> {
                if (endpoint.state() == Endpoint.State.FRESH) {
                  confirmed.add(address);
                }
              });
    }
    return confirmed;
  }

  /** {@return the counters at this moment} */
  MembershipStats stats() {
    return stats;
  }

  /** {@return why names have no endpoints, for people; empty if all have some} */
  String explainMissing() {
    Collection<String> missing =
        names.stream().filter(FollowedName::isMissing).map(FollowedName::explain).toList();
    return String.join("; ", missing);
  }

  /**
   * Waits for the first endpoint of any name.
   *
   * @throws DiscoveryException if none is found in time; it says what was tried
   */
  void awaitFirst(Duration timeout) {
    boolean inTime;
    try {
      inTime = found.await(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      inTime = false;
    }
    if (!inTime) {
      FollowedName first = names.get(0);
      String waited =
          Thread.currentThread().isInterrupted()
              ? "interrupted before an endpoint was found: "
              : "no endpoint within " + timeout.toMillis() + " ms: ";
      throw new DiscoveryException(first.name(), first.reason(), waited + explainMissing());
    }
  }

  /** Follows no more; connections are left to the socket. Idempotent. */
  @Override
  public void close() {
    closed = true;
    names.forEach(FollowedName::close);
    if (listenerThread instanceof ListenerThread own) {
      own.close();
    }
    if (ownsDiscovery) {
      discovery.close();
    }
  }
}
