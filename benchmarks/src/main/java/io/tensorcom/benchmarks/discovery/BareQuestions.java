// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.discovery;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** The baseline: questions by bare sockets, one after the other, whose answers nobody reads. */
final class BareQuestions implements AutoCloseable {
  private static final int A = 1;
  private static final int AAAA = 28;
  private static final int PATIENCE_MS = 10_000;

  private final InetSocketAddress server;
  private final DatagramSocket socket;

  BareQuestions(InetSocketAddress server) throws IOException {
    this.server = server;
    this.socket = new DatagramSocket();
    socket.setSoTimeout(PATIENCE_MS);
    socket.connect(server);
  }

  /** Asks for the addresses of both families; returns the answers' length in bytes. */
  int askBoth(String name) throws IOException {
    return ask(name, A) + ask(name, AAAA);
  }

  private int ask(String name, int type) throws IOException {
    byte[] wire = ZoneServer.wire(name);
    ByteBuffer question = ByteBuffer.allocate(16 + wire.length);
    question.putShort((short) 1).putShort((short) 0x0100).putShort((short) 1).position(12);
    question.put(wire).putShort((short) type).putShort((short) 1);
    socket.send(new DatagramPacket(question.array(), question.capacity()));
    DatagramPacket answer = new DatagramPacket(new byte[512], 512);
    socket.receive(answer);
    boolean truncated = (answer.getData()[2] & 2) != 0;
    return truncated ? askByTcp(question.array()) : answer.getLength();
  }

  private int askByTcp(byte[] question) throws IOException {
    try (Socket tcp = new Socket(server.getAddress(), server.getPort())) {
      tcp.setSoTimeout(PATIENCE_MS);
      ByteBuffer framed = ByteBuffer.allocate(2 + question.length);
      framed.putShort((short) question.length).put(question);
      tcp.getOutputStream().write(framed.array());
      DataInputStream in = new DataInputStream(tcp.getInputStream());
      byte[] answer = new byte[in.readUnsignedShort()];
      in.readFully(answer);
      return answer.length;
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
