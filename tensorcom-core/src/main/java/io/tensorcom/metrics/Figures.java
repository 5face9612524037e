// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import static io.tensorcom.metrics.Figure.counter;
import static io.tensorcom.metrics.Figure.gauge;

import io.tensorcom.stream.StreamStats;
import io.tensorcom.stream.StreamStats.Latency;
import io.tensorcom.stream.StreamStats.Missing;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** What is measured: names, units and meanings. */
final class Figures {
  private static final String BYTES = "bytes";
  private static final String SECONDS = "seconds";
  private static final String BATCHES = "batches";
  private static final String DROPPED = "Batches that were dropped, by reason";

  /** How it is counted that a connection ended before its handshake was done. */
  static final String IN_HANDSHAKE = "handshake";

  private Figures() {}

  /** {@return what senders and receivers have alike} */
  static List<Figure<Reading>> ofSockets() {
    return List.of(
        counter("batches", "Batches sent, or received", r -> r.transfer().batches()),
        Figure.<Reading>counter("data", "Tensor data in them", r -> r.transfer().bytes()).in(BYTES),
        Figure.<Reading>counter(
                "stall",
                "Time that callers waited: for a batch to come, or for room to send",
                r -> r.transfer().waitedNanos() / 1e9)
            .in(SECONDS),
        Figure.<Reading>counter("dropped", DROPPED, r -> r.transfer().socket().lost())
            .with("reason", "cut_off"),
        counter("copies", "Messages that had to be copied", r -> r.transfer().socket().copies()),
        counter("reconnects", "Attempts to connect again", r -> r.transfer().socket().reconnects()),
        counter(
            "handshake.failures",
            "Connections ended before their handshake was done",
            r -> r.closedFor(IN_HANDSHAKE)),
        gauge("peers", "Peers that are connected", r -> r.transfer().socket().peers()),
        gauge("peers.unlisted", "Peers without meters of their own", r -> r.unlistedPeers()),
        Figure.<Reading>gauge("queue", "Batches that wait in the socket", Reading::queued)
            .in(BATCHES));
  }

  /** {@return what only senders have} */
  static List<Figure<Reading>> ofSenders() {
    return List.of(
        Figure.<Reading>counter("dropped", DROPPED, r -> r.transfer().socket().dropEvents())
            .with("reason", "slow_peer"),
        counter(
            "unheard",
            "Batches published while nobody had subscribed",
            r -> r.transfer().socket().unheard()),
        counter(
            "flushed",
            "Batches written whole, once per peer",
            r -> r.transfer().socket().flushed()));
  }

  /** {@return what only receivers have} */
  static List<Figure<Reading>> ofReceivers() {
    return List.of(
        Figure.<Reading>counter("dropped", DROPPED, r -> r.transfer().malformed())
            .with("reason", "malformed"),
        Figure.<Reading>counter("dropped", DROPPED, r -> r.transfer().socket().refused())
            .with("reason", "refused"),
        missing(Missing.LOST),
        missing(Missing.FILTERED_OR_LOST),
        missing(Missing.ELSEWHERE_OR_LOST),
        gauge(
            "streams",
            "Streams that are in the receiver's book",
            r -> r.transfer().streams().size()),
        Figure.<Reading>gauge(
                "duplicates",
                "Batches that came twice, of streams in the book",
                r -> r.sumOfStreams(StreamStats::duplicates))
            .in(BATCHES),
        Figure.<Reading>gauge(
                "reordered",
                "Batches that came after a later one, of streams in the book",
                r -> r.sumOfStreams(StreamStats::reordered))
            .in(BATCHES),
        counter("restarts", "Senders that were started again", r -> r.transfer().restarts()),
        latency("0.5", Latency::median),
        latency("0.99", Latency::p99));
  }

  private static Figure<Reading> missing(Missing means) {
    return Figure.<Reading>gauge(
            "missing",
            "Batches that did not come, of streams in the book, and what that means",
            r -> r.missing(means))
        .in(BATCHES)
        .with("means", means.name().toLowerCase(Locale.ROOT));
  }

  private static Figure<Reading> latency(String name, ToLongFunction<Latency> quantile) {
    return Figure.<Reading>gauge(
            "latency",
            "From sending to being handed out, of the slowest stream",
            r -> r.latency(quantile))
        .in(SECONDS)
        .with("quantile", name);
  }

  /** {@return what a pool holds} */
  static List<Figure<Reading>> ofPools() {
    return List.of(
        Figure.<Reading>gauge("pool.budget", "What the pool may hold", r -> r.pool().budgetBytes())
            .in(BYTES),
        Figure.<Reading>gauge("pool.leased", "What is in use of it", r -> r.pool().leasedBytes())
            .in(BYTES),
        Figure.<Reading>gauge("pool.idle", "What waits to be used again", r -> r.pool().idleBytes())
            .in(BYTES),
        gauge("pool.leases", "Leases that are held", r -> r.pool().leases()),
        counter("pool.leaks", "Leases that were lost while held", r -> r.pool().leaks()),
        counter("pool.exhaustions", "Times there was no memory", r -> r.pool().exhaustions()));
  }

  /** {@return what is known of names} */
  static List<Figure<Reading>> ofNames() {
    return List.of(
        gauge(
            "endpoints.known",
            "Endpoints behind the names that are used",
            r -> r.transfer().membership().known()),
        gauge(
            "endpoints.connected",
            "Those that are connected",
            r -> r.transfer().membership().connected()),
        gauge(
            "endpoints.unreachable",
            "Those whose last attempt to connect failed",
            r -> r.transfer().membership().unreachable()),
        gauge(
            "endpoints.stale",
            "Those that the last look at their name did not confirm",
            r -> r.transfer().membership().stale()),
        counter("endpoints.added", "Endpoints that came", r -> r.transfer().membership().added()),
        counter(
            "endpoints.removed", "Endpoints that went", r -> r.transfer().membership().removed()));
  }

  /** {@return what is known of one peer} */
  static List<Figure<PeerTotals>> ofPeers() {
    return List.of(
        counter("peer.batches", "Batches from this peer, or written to it", p -> p.batches()),
        Figure.<PeerTotals>counter("peer.data", "Bytes on the wire", p -> p.bytes()).in(BYTES),
        counter("peer.dropped", "Batches it lost because it was slow", p -> p.dropped()),
        Figure.<PeerTotals>gauge(
                "peer.queue", "Batches that wait for it or from it", p -> p.queued())
            .in(BATCHES));
  }

  /** {@return how many connections were ended for a reason} */
  static Figure<Reading> closedFor(String reason) {
    return Figure.<Reading>counter(
            "connections.closed",
            "Connections that were ended because of what the peer did",
            r -> r.closedFor(reason))
        .with("reason", reason);
  }
}
