// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.TransportAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A peer that writes what a test tells it to, byte by byte, and no less. */
final class RawPeer implements AutoCloseable {
  static final int COMMAND = 4;
  static final int LONG = 2;
  static final int MORE = 1;

  private final Socket socket;

  RawPeer(TransportAddress address) throws IOException {
    socket = new Socket(address.host(), address.port());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(20_000);
  }

  static byte[] greeting(int major, int minor, String mechanism) {
    ByteBuffer bytes = ByteBuffer.allocate(64);
    bytes.put(0, (byte) 0xFF).put(9, (byte) 0x7F).put(10, (byte) major).put(11, (byte) minor);
    bytes.put(12, mechanism.getBytes(StandardCharsets.US_ASCII));
    return bytes.array();
  }

  static byte[] greeting() {
    return greeting(3, 1, "NULL");
  }

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] header(int flags, long length) {
    return (flags & LONG) != 0
        ? ByteBuffer.allocate(9).put((byte) flags).putLong(length).array()
        : bytes(flags, (int) length);
  }

  /** A frame with its body, of the short form if it fits. */
  static byte[] frame(int flags, byte[] body) {
    return join(header(body.length > 255 ? flags | LONG : flags, body.length), body);
  }

  static byte[] command(String name, byte[] body) {
    return frame(
        COMMAND, join(bytes(name.length()), name.getBytes(StandardCharsets.US_ASCII), body));
  }

  static byte[] property(String name, byte[] value) {
    return join(
        bytes(name.length()),
        name.getBytes(StandardCharsets.US_ASCII),
        ByteBuffer.allocate(4).putInt(value.length).array(),
        value);
  }

  static byte[] ready(String socketType) {
    byte[] type = property("Socket-Type", socketType.getBytes(StandardCharsets.US_ASCII));
    boolean knowsEnds = List.of("PULL", "PUSH").contains(socketType);
    return command(
        "READY", knowsEnds ? join(type, property("X-Tensorcom", new byte[] {'1'})) : type);
  }

  RawPeer send(byte[]... parts) throws IOException {
    socket.getOutputStream().write(join(parts));
    return this;
  }

  /** Reads so many bytes. */
  byte[] receive(int count) throws IOException {
    byte[] read = socket.getInputStream().readNBytes(count);
    assertThat(read).hasSize(count);
    return read;
  }

  /** Reads to the end of the connection, which must come; a reset is an end too. */
  byte[] receiveAll() throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    byte[] some = new byte[64 << 10];
    try {
      for (int count = in.read(some); count >= 0; count = in.read(some)) {
        read.write(some, 0, count);
      }
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset");
    }
    return read.toByteArray();
  }

  /** Ends the connection without a good-bye: the other side sees a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
