// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.tensorcom.transport.TransportException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.function.Function;
import jdk.net.ExtendedSocketOptions;

/**
 * What waits for sockets: epoll, NIO or io_uring, and their kinds of channels.
 *
 * @param handlers makes what runs in an event loop
 * @param unixAddress makes the address of a Unix-domain socket from its path
 * @param keepAlive the options for idle time, interval and count of TCP keepalive
 */
record IoEngine(
    String name,
    IoHandlerFactory handlers,
    Class<? extends ServerChannel> tcpServer,
    Class<? extends Channel> tcp,
    Class<? extends ServerChannel> unixServer,
    Class<? extends Channel> unix,
    Function<String, SocketAddress> unixAddress,
    List<ChannelOption<Integer>> keepAlive) {
  /**
   * {@return the engine of this name; for {@code auto} epoll where there is one, else NIO}
   *
   * @throws TransportException if this machine does not have it
   */
  static IoEngine of(String name) {
    return switch (name) {
      case "auto" -> Epoll.isAvailable() ? epoll() : nio();
      case "epoll" -> {
        if (!Epoll.isAvailable()) {
          throw unavailable(name, Epoll.unavailabilityCause());
        }
        yield epoll();
      }
      case "nio" -> nio();
      case "io_uring" -> ioUring();
      default ->
          throw new IllegalArgumentException(
              "io: " + name + " (expected: auto, epoll, nio or io_uring)");
    };
  }

  /** {@return where to bind a Unix-domain socket, as these channels want it} */
  SocketAddress toBind(OwnedPath path) {
    SocketAddress plain = unixAddress.apply(path.path());
    return plain instanceof DomainSocketAddress ? path : plain;
  }

  private static IoEngine epoll() {
    return new IoEngine(
        "epoll",
        EpollIoHandler.newFactory(),
        EpollServerSocketChannel.class,
        EpollSocketChannel.class,
        EpollServerDomainSocketChannel.class,
        EpollDomainSocketChannel.class,
        DomainSocketAddress::new,
        List.of(
            EpollChannelOption.TCP_KEEPIDLE,
            EpollChannelOption.TCP_KEEPINTVL,
            EpollChannelOption.TCP_KEEPCNT));
  }

  private static IoEngine nio() {
    return new IoEngine(
        "nio",
        NioIoHandler.newFactory(),
        NioServerSocketChannel.class,
        NioSocketChannel.class,
        NioServerDomainSocketChannel.class,
        NioDomainSocketChannel.class,
        UnixDomainSocketAddress::of,
        List.of(
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)));
  }

  private static IoEngine ioUring() {
    try {
      return IoUringEngine.create();
    } catch (LinkageError e) {
      throw new TransportException(
          "io=io_uring needs io.netty:netty-transport-native-io_uring on the class path; use"
              + " io=auto",
          "io_uring",
          e);
    }
  }

  static TransportException unavailable(String name, Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new TransportException(
        "io=" + name + " cannot be used on this machine: " + root.getMessage() + "; use io=auto",
        name,
        cause);
  }
}
