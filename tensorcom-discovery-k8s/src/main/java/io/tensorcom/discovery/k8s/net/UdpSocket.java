// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;

/** A question in one datagram; connected, so that the kernel drops what others send to it. */
final class UdpSocket implements DnsSocket, DnsLoop.Ready {
  private final DatagramChannel channel;
  private final ByteBuffer buffer;
  private final Exchange.Handler handler;

  private UdpSocket(DatagramChannel channel, ByteBuffer buffer, Exchange.Handler handler) {
    this.channel = channel;
    this.buffer = buffer;
    this.handler = handler;
  }

  static UdpSocket open(
      DnsLoop loop,
      ByteBuffer buffer,
      InetSocketAddress server,
      byte[] query,
      Exchange.Handler handler)
      throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    try {
      channel.configureBlocking(false);
      channel.connect(server);
      UdpSocket socket = new UdpSocket(channel, buffer, handler);
      loop.register(channel, SelectionKey.OP_READ, socket);
      channel.write(ByteBuffer.wrap(query));
      return socket;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void ready() {
    try {
      while (channel.isOpen()) {
        buffer.clear();
        if (channel.read(buffer) <= 0 && buffer.position() == 0) {
          return;
        }
        buffer.flip();
        byte[] message = new byte[buffer.remaining()];
        buffer.get(message);
        if (handler.onMessage(message)) {
          return;
        }
      }
    } catch (IOException e) {
      handler.onFailure(Exchange.Failure.UNREACHABLE);
    }
  }

  @Override
  public void close() {
    TcpSocket.closeQuietly(channel);
  }
}
