// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.discovery.Discoveries;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.MessageSocket;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.Transport;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What senders and receivers do alike on their way from URLs to an open socket. */
final class SocketFactory {
  private static final Logger LOG = LoggerFactory.getLogger(SocketFactory.class);
  private static final String DEFAULT_TRANSPORT = "netty";
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /** How long a removed endpoint may be silent before its connection ends. */
  private static final Duration RECEIVER_LINGER = Duration.ofSeconds(5);

  /** Where a socket is bound, and what follows its names, if it has some. */
  record Attachment(List<TransportAddress> bound, int dialled, @Nullable Membership membership) {
    /** {@return peers that there may be, as far as this side knows} */
    int expected() {
      return dialled + stats().known();
    }

    MembershipStats stats() {
      return membership == null ? MembershipStats.NONE : membership.stats();
    }

    String explainMissing() {
      return membership == null ? "" : membership.explainMissing();
    }

    void close() {
      if (membership != null) {
        membership.close();
      }
    }
  }

  final List<TensorcomUrl> urls;
  final TensorcomConfig config;
  final SocketRole role;
  final TensorPool pool;
  final boolean ownsPool;
  final Transport transport;
  final SocketOptions options;

  SocketFactory(TensorcomConfig base, boolean sends, String... patterns) {
    this.urls = TensorcomUrl.parseAll(patterns);
    this.role = commonRole(urls, sends);
    this.config = UrlOptions.apply(base, urls);
    if (!config.discovery().isEmpty()) {
      // Also where all addresses are literal: what is written there is meant.
      Discoveries.requireKnown(config.discovery());
    }
    this.transport = find(config.transport() == null ? DEFAULT_TRANSPORT : config.transport());
    TensorPool shared = config.pool();
    this.ownsPool = shared == null;
    this.pool = shared == null ? TensorPool.ofBudget(config.poolBytes()) : shared;
    List<byte[]> topics =
        role == SocketRole.SUB
            ? urls.stream().map(TensorcomUrl::topic).distinct().map(Topic::prefix).toList()
            : List.of();
    this.options =
        new SocketOptions(
            pool,
            Math.min(config.maxMessageBytes(), pool.budgetBytes() / 2),
            2 * config.maxTensors(),
            config.hwm(),
            Duration.ofSeconds(5),
            config.slowPeerWait(),
            topics,
            config.tuning());
  }

  private static SocketRole commonRole(List<TensorcomUrl> urls, boolean sends) {
    if (urls.isEmpty()) {
      throw new IllegalArgumentException("no URL");
    }
    SocketRole role = urls.get(0).role();
    for (TensorcomUrl url : urls) {
      if (url.role().sends() != sends) {
        throw TensorcomUrl.bad(
            url.text(),
            "a URL that " + (sends ? "receives" : "sends"),
            sends ? "zpush, zpub, zrpush or zrpub" : "zpull, zsub, zrpull or zrsub");
      }
      if (url.role() != role) {
        throw TensorcomUrl.bad(url.text(), "role " + url.role(), "all of one role: " + role);
      }
    }
    return role;
  }

  private static Transport find(String name) {
    List<String> names = new ArrayList<>();
    for (Transport transport :
        ServiceLoader.load(Transport.class, SocketFactory.class.getClassLoader())) {
      if (transport.name().equals(name)) {
        return transport;
      }
      names.add(transport.name());
    }
    throw new IllegalArgumentException("unknown transport: " + name + " (expected: " + names + ")");
  }

  /** Binds a new socket, or connects it, or follows names with it, as the URLs say. */
  Attachment attach(MessageSocket socket) {
    Membership membership = null;
    try {
      if (urls.stream().anyMatch(url -> url.name() != null)) {
        membership = openMembership(socket);
      }
      List<TransportAddress> bound = new ArrayList<>();
      Set<TransportAddress> connected = new HashSet<>();
      for (TensorcomUrl url : urls) {
        if (url.binds()) {
          TransportAddress address = socket.bind(url.address());
          bound.add(address);
          warnOfStrangers(address);
        } else if (url.name() == null && connected.add(Literals.canonical(url.address()))) {
          if (membership != null) {
            membership.exclude(url.address());
          }
          socket.connect(url.address());
        }
      }
      if (membership != null) {
        follow(membership);
      }
      return new Attachment(List.copyOf(bound), connected.size(), membership);
    } catch (RuntimeException e) {
      if (membership != null) {
        membership.close();
      }
      socket.close();
      closePool();
      throw e;
    }
  }

  private Membership openMembership(MessageSocket socket) {
    ServiceDiscovery shared = config.sharedDiscovery();
    return new Membership(
        socket,
        shared != null ? shared : Discoveries.open(config.discovery(), config.family()),
        shared == null,
        role.sends() ? config.drainTimeout() : RECEIVER_LINGER,
        config.membershipListener());
  }

  private void follow(Membership membership) {
    for (TensorcomUrl url : urls) {
      ServiceName name = url.name();
      if (name != null) {
        membership.follow(name);
      }
    }
    if (!config.startTimeout().isZero()) {
      membership.awaitFirst(config.startTimeout());
    }
  }

  void closePool() {
    if (ownsPool) {
      pool.close();
    }
  }

  private static void warnOfStrangers(TransportAddress address) {
    if (!address.isLocal() && WARNED.compareAndSet(false, true)) {
      LOG.warn(
          "bound beyond this machine without authentication: endpoint={}; anybody who reaches it"
              + " can connect (see SECURITY.md)",
          address);
    }
  }
}
