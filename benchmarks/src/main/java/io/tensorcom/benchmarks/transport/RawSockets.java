// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * The baseline: pairs of bare sockets with blocking calls and direct buffers, in windows as the
 * Netty transport has them.
 */
final class RawSockets {
  private static final int WRITE = 640 << 10;

  private final int readWindow;
  private final List<SocketChannel> left = new ArrayList<>();
  private final List<SocketChannel> right = new ArrayList<>();

  /** Connects so many pairs over {@code tcp} or {@code ipc}. */
  RawSockets(String medium, int pairs) throws IOException {
    boolean unix = medium.equals("ipc");
    this.readWindow = unix ? 64 << 10 : 512 << 10;
    try (ServerSocketChannel server =
        ServerSocketChannel.open(
            unix ? StandardProtocolFamily.UNIX : StandardProtocolFamily.INET)) {
      // A Unix-domain socket gets a file of its own.
      server.bind(unix ? null : new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      SocketAddress address = server.getLocalAddress();
      for (int i = 0; i < pairs; i++) {
        left.add(SocketChannel.open(address));
        right.add(server.accept());
      }
      if (address instanceof UnixDomainSocketAddress file) {
        Files.delete(file.getPath());
      }
    }
  }

  /** Writes the whole buffer from one end of a pair. */
  void write(int pair, ByteBuffer bytes) throws IOException {
    int end = bytes.capacity();
    for (bytes.clear(); bytes.position() < end; ) {
      bytes.limit(Math.min(end, bytes.position() + WRITE));
      left.get(pair).write(bytes);
    }
  }

  /** Fills the whole buffer at the other end of a pair. */
  long read(int pair, ByteBuffer bytes) throws IOException {
    int end = bytes.capacity();
    for (bytes.clear(); bytes.position() < end; ) {
      bytes.limit(Math.min(end, bytes.position() + readWindow));
      if (right.get(pair).read(bytes) < 0) {
        throw new EOFException("the other end is closed: pair=" + pair);
      }
    }
    return bytes.get(0) + bytes.get(end - 1) + (long) end;
  }

  void close() throws IOException {
    for (SocketChannel each : left) {
      each.close();
    }
    for (SocketChannel each : right) {
      each.close();
    }
  }
}
