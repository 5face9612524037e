// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** A DNS server on this machine that knows one name, as a cluster's knows a headless service. */
final class DemoDns implements AutoCloseable {
  /** The name it knows. */
  static final String NAME = "shards.demo.test";

  private static final Logger LOG = LoggerFactory.getLogger(DemoDns.class);
  private static final int LARGEST = 4096;
  private static final long TTL_SECONDS = 5;

  private final DatagramSocket socket;
  private final Name name;

  private DemoDns(DatagramSocket socket, Name name) {
    this.socket = socket;
    this.name = name;
  }

  /** Starts a server on any free port. */
  static DemoDns start() throws IOException {
    DemoDns dns =
        new DemoDns(
            new DatagramSocket(0, InetAddress.getLoopbackAddress()), Name.fromString(NAME + "."));
    Thread thread = new Thread(dns::serve, "tensorcom-demo-dns");
    thread.setDaemon(true);
    thread.start();
    return dns;
  }

  /** {@return where it listens, as the setting {@code server} of the provider dns wants it} */
  String place() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  private void serve() {
    byte[] buffer = new byte[LARGEST];
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        byte[] answer = answer(Arrays.copyOf(buffer, packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        // What is no question gets no answer; a closed socket ends the loop.
        LOG.debug("dns", e);
      }
    }
  }

  private byte[] answer(byte[] question) throws IOException {
    Message query = new Message(question);
    Message answer = new Message(query.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.getHeader().setFlag(Flags.AA);
    Record asked = query.getQuestion();
    if (asked == null) {
      answer.getHeader().setRcode(Rcode.FORMERR);
      return answer.toWire();
    }
    answer.addRecord(asked, Section.QUESTION);
    if (!asked.getName().equals(name)) {
      answer.getHeader().setRcode(Rcode.NXDOMAIN);
    } else if (asked.getType() == Type.A) {
      answer.addRecord(
          new ARecord(
              name, DClass.IN, TTL_SECONDS, InetAddress.getByAddress(new byte[] {127, 0, 0, 1})),
          Section.ANSWER);
    }
    return answer.toWire();
  }

  @Override
  public void close() {
    socket.close();
  }
}
