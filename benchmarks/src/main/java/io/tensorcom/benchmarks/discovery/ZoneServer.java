// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.discovery;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A DNS server in the process, with names that have A records; all others do not exist. An answer
 * longer than 512 bytes is given over TCP alone. It does as little as it can, so that the client is
 * what is measured.
 */
final class ZoneServer implements AutoCloseable {
  private static final int HEADER = 12;
  private static final int MOST_UDP = 512;
  private static final int TYPE_A = 1;
  private static final int TTL = 5;
  private static final byte ANSWER = (byte) 0x84;
  private static final byte TRUNCATED = (byte) 0x86;
  private static final byte NO_SUCH_NAME = 3;

  private final Set<String> names;
  private final int addresses;
  private final DatagramSocket udp;
  private final ServerSocket tcp;

  /** Begins to answer; each of the names has so many addresses. */
  ZoneServer(List<String> names, int addresses) throws IOException {
    this.names = names.stream().map(ZoneServer::key).collect(Collectors.toUnmodifiableSet());
    this.addresses = addresses;
    this.tcp = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.udp = new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress());
    start("zone udp", this::serveUdp);
    start("zone tcp", this::serveTcp);
  }

  /** A name as it stands in a message (RFC 1035, section 3.1). */
  static byte[] wire(String name) {
    ByteBuffer bytes = ByteBuffer.allocate(name.length() + 2);
    for (String label : Arrays.asList(name.replaceAll("\\.$", "").split("\\.", -1))) {
      bytes.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
    }
    return Arrays.copyOf(bytes.array(), bytes.position() + 1);
  }

  private static String key(String name) {
    return new String(wire(name), StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(udp.getLocalAddress(), udp.getLocalPort());
  }

  private interface Serving {
    void run() throws IOException;
  }

  private void start(String role, Serving serving) {
    Thread thread =
        new Thread(
            () -> {
              try {
                serving.run();
              } catch (SocketException e) {
                // Closed: that is how it ends.
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            role);
    thread.setDaemon(true);
    thread.start();
  }

  private void serveUdp() throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[MOST_UDP], MOST_UDP);
    while (true) {
      packet.setLength(MOST_UDP);
      udp.receive(packet);
      byte[] answer = answer(packet.getData(), MOST_UDP);
      udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
    }
  }

  private void serveTcp() throws IOException {
    while (true) {
      try (Socket socket = tcp.accept()) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] question = new byte[in.readUnsignedShort()];
        in.readFully(question);
        byte[] answer = answer(question, 65_535);
        ByteBuffer framed = ByteBuffer.allocate(2 + answer.length).putShort((short) answer.length);
        new DataOutputStream(socket.getOutputStream()).write(framed.put(answer).array());
      }
    }
  }

  private byte[] answer(byte[] question, int most) {
    int end = HEADER;
    while (question[end] != 0) {
      end += 1 + question[end];
    }
    end++;
    boolean exists =
        names.contains(
            new String(question, HEADER, end - HEADER, StandardCharsets.ISO_8859_1)
                .toLowerCase(Locale.ROOT));
    int type = ByteBuffer.wrap(question).getShort(end);
    int records = exists && type == TYPE_A ? addresses : 0;
    int length = end + 4 + 16 * records;
    boolean fits = length <= most;
    ByteBuffer answer = ByteBuffer.allocate(fits ? length : end + 4);
    answer.put(question, 0, end + 4);
    answer.put(2, fits ? ANSWER : TRUNCATED).put(3, exists ? 0 : NO_SUCH_NAME);
    answer.putShort(6, (short) (fits ? records : 0)).putShort(8, (short) 0);
    answer.putShort(10, (short) 0);
    for (int i = 0; fits && i < records; i++) {
      // The name of the question, by a pointer.
      answer.putShort((short) (0xC000 | HEADER)).putShort((short) TYPE_A).putShort((short) 1);
      answer.putInt(TTL).putShort((short) 4).putInt(0x0A020000 + i + 1);
    }
    return answer.array();
  }

  @Override
  public void close() throws IOException {
    udp.close();
    tcp.close();
  }
}
