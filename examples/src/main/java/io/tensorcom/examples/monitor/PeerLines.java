// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.MembershipStats;
import io.tensorcom.TransferStats;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SocketStats;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** What a receiver's socket counts, for each peer and in all, and of names. */
public final class PeerLines {
  private PeerLines() {}

  /** Prints a line for each peer and one for the socket. */
  static void print(PrintStream out, TransferStats transfer) {
    SocketStats stats = transfer.socket();
    for (PeerStats peer : stats.peerStats()) {
      out.println(
          "  peer "
              + peer.peer()
              + ": delivered "
              + peer.messages()
              + ", bytes "
              + peer.bytes()
              + ", queued "
              + peer.queued());
    }
    for (GonePeer gone : stats.gonePeers()) {
      out.println(
          "  gone "
              + gone.counters().peer()
              + ": delivered "
              + gone.counters().messages()
              + ", reason "
              + gone.reason());
    }
    out.println(
        "  socket: peers "
            + stats.peers()
            + ", reconnects "
            + stats.reconnects()
            + ", closed by reason "
            + new TreeMap<>(stats.closed()));
    transfer.streams().forEach(stream -> out.println("  stream " + line(stream)));
    out.println(
        "  streams: heard "
            + (transfer.streams().size() + transfer.forgottenStreams())
            + ", restarts "
            + transfer.restarts()
            + ", forgotten "
            + transfer.forgottenStreams());
    MembershipStats names = transfer.membership();
    if (names.added() > 0) {
      out.println(
          "  names: endpoints "
              + names.known()
              + ", connected "
              + names.connected()
              + ", unreachable "
              + names.unreachable()
              + ", stale "
              + names.stale()
              + ", added "
              + names.added()
              + ", removed "
              + names.removed());
    }
  }

  private static String line(StreamStats stream) {
    StreamStats.Latency latency = stream.latency();
    return String.format(
        Locale.ROOT,
        "%016x: %s, twice %d, out of order %d, epoch %d%s, latency %.1f ms (99 %%: %.1f ms)",
        stream.streamId(),
        stream.lossLine(),
        stream.duplicates(),
        stream.reordered(),
        stream.epoch(),
        stream.streamEnded() ? ", ended" : "",
        latency.median() / 1e6,
        latency.p99() / 1e6);
  }

  /** Adds what is counted of peers, names and streams to a report's object. */
  public static void add(ObjectNode object, TransferStats transfer) {
    SocketStats stats = transfer.socket();
    ArrayNode peers = object.putArray("peers");
    for (PeerStats peer : stats.peerStats()) {
      peers
          .addObject()
          .put("peer", peer.peer())
          .put("delivered", peer.messages())
          .put("bytes", peer.bytes())
          .put("queued", peer.queued());
    }
    ArrayNode gone = object.putArray("gone");
    for (GonePeer peer : stats.gonePeers()) {
      gone.addObject()
          .put("peer", peer.counters().peer())
          .put("delivered", peer.counters().messages())
          .put("reason", peer.reason());
    }
    object.put("reconnects", stats.reconnects());
    ObjectNode closed = object.putObject("closed");
    new TreeMap<>(stats.closed()).forEach(closed::put);
    MembershipStats names = transfer.membership();
    object
        .putObject("names")
        .put("endpoints", names.known())
        .put("connected", names.connected())
        .put("unreachable", names.unreachable())
        .put("stale", names.stale())
        .put("added", names.added())
        .put("removed", names.removed());
    object.put("restarts", transfer.restarts());
    object.put("forgottenStreams", transfer.forgottenStreams());
    addStreams(object, transfer.streams());
  }

  /** Adds an array of what is known of each stream. */
  static void addStreams(ObjectNode object, List<StreamStats> streams) {
    ArrayNode array = object.putArray("streams");
    for (StreamStats stream : streams) {
      ObjectNode each =
          array
              .addObject()
              .put("stream", String.format("%016x", stream.streamId()))
              .put("peer", stream.peer())
              .put("received", stream.received())
              .put("missing", stream.missing())
              .put("missingMeans", stream.missingMeans().name())
              .put("duplicates", stream.duplicates())
              .put("reordered", stream.reordered())
              .put("epoch", stream.epoch())
              .put("ended", stream.streamEnded())
              .put("superseded", stream.superseded())
              .put("latencyMedianNanos", stream.latency().median())
              .put("latencyP99Nanos", stream.latency().p99());
      ArrayNode gaps = each.putArray("gaps");
      stream.gaps().forEach(gap -> gaps.add(gap.toString()));
    }
  }
}
