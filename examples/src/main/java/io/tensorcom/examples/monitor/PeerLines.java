// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SocketStats;
import java.io.PrintStream;
import java.util.TreeMap;

/** What a receiver's socket counts, for each peer and in all. */
final class PeerLines {
  private PeerLines() {}

  /** Prints a line for each peer and one for the socket. */
  static void print(PrintStream out, SocketStats stats) {
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
    out.println(
        "  socket: peers "
            + stats.peers()
            + ", reconnects "
            + stats.reconnects()
            + ", closed by reason "
            + new TreeMap<>(stats.closed()));
  }

  /** Adds the same to a report's object. */
  static void add(ObjectNode object, SocketStats stats) {
    ArrayNode peers = object.putArray("peers");
    for (PeerStats peer : stats.peerStats()) {
      peers
          .addObject()
          .put("peer", peer.peer())
          .put("delivered", peer.messages())
          .put("bytes", peer.bytes())
          .put("queued", peer.queued());
    }
    object.put("reconnects", stats.reconnects());
    ObjectNode closed = object.putObject("closed");
    new TreeMap<>(stats.closed()).forEach(closed::put);
  }
}
