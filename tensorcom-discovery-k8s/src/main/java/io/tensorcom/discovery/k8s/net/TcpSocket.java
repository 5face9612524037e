// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A question over a connection of its own: two bytes of length, then the message (RFC 7766). */
final class TcpSocket implements DnsSocket, DnsLoop.Ready {
  private static final int LENGTH_BYTES = 2;

  private final SocketChannel channel;
  private final ByteBuffer out;
  private final Exchange.Handler handler;
  private final ByteBuffer buffer;
  private final ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES);
  private @Nullable SelectionKey key;
  private byte @Nullable [] message;
  private int filled;

  private TcpSocket(
      SocketChannel channel, ByteBuffer buffer, byte[] query, Exchange.Handler handler) {
    this.channel = channel;
    this.buffer = buffer;
    this.handler = handler;
    this.out = ByteBuffer.allocate(LENGTH_BYTES + query.length);
    out.putShort((short) query.length).put(query).flip();
  }

  static TcpSocket open(
      DnsLoop loop,
      ByteBuffer buffer,
      InetSocketAddress server,
      byte[] query,
      Exchange.Handler handler)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      TcpSocket socket = new TcpSocket(channel, buffer, query, handler);
      boolean connected = channel.connect(server);
      int interest = connected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT;
      socket.key = loop.register(channel, interest, socket);
      return socket;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void ready() {
    try {
      if (!channel.isConnected() && !channel.finishConnect()) {
        return;
      }
      if (out.hasRemaining()) {
        channel.write(out);
      }
      if (key != null) {
        key.interestOps(out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
      }
      if (!out.hasRemaining()) {
        read();
      }
    } catch (IOException e) {
      handler.onFailure(Exchange.Failure.UNREACHABLE);
    }
  }

  private void read() throws IOException {
    while (channel.isOpen()) {
      buffer.clear();
      int count = channel.read(buffer);
      if (count == 0) {
        return;
      }
      if (count < 0) {
        handler.onFailure(Exchange.Failure.UNREACHABLE);
        return;
      }
      buffer.flip();
      while (buffer.hasRemaining()) {
        take();
      }
    }
  }

  private void take() {
    while (length.hasRemaining() && buffer.hasRemaining()) {
      length.put(buffer.get());
    }
    if (length.hasRemaining()) {
      return;
    }
    byte[] whole = message;
    if (whole == null) {
      whole = new byte[Short.toUnsignedInt(length.getShort(0))];
      message = whole;
    }
    int count = Math.min(buffer.remaining(), whole.length - filled);
    buffer.get(whole, filled, count);
    filled += count;
    if (filled == whole.length) {
      message = null;
      filled = 0;
      length.clear();
      if (handler.onMessage(whole)) {
        buffer.position(buffer.limit());
      }
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  static void closeQuietly(Closeable channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is lost: it is not used any more.
    }
  }
}
