// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.peers;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;

/**
 * Where gRPC and Flight meet: {@code tcp:PORT} of this machine or {@code uds:PATH}.
 *
 * <p>{@code -Dwindow} is HTTP/2's flow-control window, {@code -Dqueue} how many bytes a sender may
 * have queued and still be ready for another batch, {@code -Ddirect} whether the receiver works on
 * the event loop instead of handing over to another thread, {@code -DsendsDirectly} whether the
 * sender does.
 */
record Place(String medium, String where) {
  static final int WINDOW = Integer.getInteger("window", 64 << 20);
  static final int QUEUE = Integer.getInteger("queue", 32 << 20);
  static final boolean DIRECT = Boolean.parseBoolean(System.getProperty("direct", "true"));

  static final boolean SENDS_DIRECTLY = Boolean.getBoolean("sendsDirectly");

  static Place of(String text) {
    return new Place(text.substring(0, 3), text.substring(4));
  }

  boolean tcp() {
    return medium.equals("tcp");
  }

  static String mode() {
    return "window %d, queue %d, receiver on event loop %s".formatted(WINDOW, QUEUE, DIRECT);
  }

  NettyServerBuilder server() {
    NettyServerBuilder builder;
    if (tcp()) {
      builder =
          NettyServerBuilder.forAddress(
              new InetSocketAddress("127.0.0.1", Integer.parseInt(where)));
    } else {
      EventLoopGroup loops = new EpollEventLoopGroup(1);
      builder =
          NettyServerBuilder.forAddress(new DomainSocketAddress(where))
              .channelType(EpollServerDomainSocketChannel.class)
              .bossEventLoopGroup(loops)
              .workerEventLoopGroup(loops);
    }
    if (SENDS_DIRECTLY) {
      builder.directExecutor();
    }
    return builder.flowControlWindow(WINDOW).maxInboundMessageSize(Integer.MAX_VALUE);
  }

  /** A channel to the server, once that listens: gRPC's own retrying would cost up to seconds. */
  ManagedChannel channel() throws InterruptedException {
    awaitServer();
    NettyChannelBuilder builder;
    if (tcp()) {
      builder = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(where));
    } else {
      builder =
          NettyChannelBuilder.forAddress(new DomainSocketAddress(where))
              .channelType(EpollDomainSocketChannel.class, DomainSocketAddress.class)
              .eventLoopGroup(new EpollEventLoopGroup(1));
    }
    if (DIRECT) {
      builder.directExecutor();
    }
    return builder
        .usePlaintext()
        .flowControlWindow(WINDOW)
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .build();
  }

  private void awaitServer() throws InterruptedException {
    SocketAddress address =
        tcp()
            ? new InetSocketAddress("127.0.0.1", Integer.parseInt(where))
            : UnixDomainSocketAddress.of(where);
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (true) {
      try (SocketChannel channel = SocketChannel.open(address)) {
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("nobody listens at " + this, e);
        }
        // Another process's socket: asking again is the only way to learn that it listens.
        Thread.sleep(20);
      }
    }
  }
}
