// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.MembershipStats;
import io.tensorcom.TransferStats;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SocketStats;
import java.io.PrintStream;
import java.util.TreeMap;

/** What a receiver's socket counts, for each peer and in all, and of names. */
final class PeerLines {
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
    out.println(
        "  socket: peers "
            + stats.peers()
            + ", reconnects "
            + stats.reconnects()
            + ", closed by reason "
            + new TreeMap<>(stats.closed()));
    MembershipStats names = transfer.membership();
    if (names.added() > 0) {
      out.println(
          "  names: endpoints "
              + names.known()
              + ", connected "
              + names.connected()
              + ", unreachable "
              + names.unreachable()
              + ", added "
              + names.added()
              + ", removed "
              + names.removed());
    }
  }

  /** Adds the same to a report's object. */
  static void add(ObjectNode object, TransferStats transfer) {
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
    object.put("reconnects", stats.reconnects());
    ObjectNode closed = object.putObject("closed");
    new TreeMap<>(stats.closed()).forEach(closed::put);
    MembershipStats names = transfer.membership();
    object
        .putObject("names")
        .put("endpoints", names.known())
        .put("connected", names.connected())
        .put("unreachable", names.unreachable())
        .put("added", names.added())
        .put("removed", names.removed());
  }
}
