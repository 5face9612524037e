// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whose file the path of a Unix-domain socket is. */
@Timeout(60)
final class UnixSocketPathTest {
  private final Path path;
  private final UnixDomainSocketAddress address;

  UnixSocketPathTest(@TempDir Path folder) {
    path = folder.resolve("s");
    address = UnixDomainSocketAddress.of(path);
  }

  private static MessageSink sink() {
    return new NettyTransport()
        .openSink(SocketRole.PUSH, SocketOptions.of(TensorPool.ofBudget(1 << 20)));
  }

  private void bind(MessageSink sink) {
    assertThat(sink.bind(TransportAddress.ipc(path.toString()))).isNotNull();
  }

  private static SocketChannel open() throws IOException {
    return SocketChannel.open(StandardProtocolFamily.UNIX);
  }

  /** Connects once more, if the listener's backlog has room. */
  private boolean fits(List<SocketChannel> waiting) throws IOException {
    SocketChannel channel = open();
    waiting.add(channel);
    channel.configureBlocking(false);
    try {
      return channel.connect(address);
    } catch (SocketException e) {
      return false;
    }
  }

  @Test
  void shouldRefuseAtOnceWhenTheListenerThereAcceptsNobody() throws Exception {
    List<SocketChannel> waiting = new ArrayList<>();
    try (ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        MessageSink sink = sink()) {
      busy.bind(address, 1);
      while (fits(waiting)) {
        assertThat(waiting.size()).as("backlog").isLessThan(100);
      }

      assertThatThrownBy(() -> bind(sink))
          .isInstanceOf(TransportException.class)
          .hasMessageContaining(": address in use");
      assertThat(path).exists();
    } finally {
      for (SocketChannel channel : waiting) {
        channel.close();
      }
    }
  }

  @Test
  void shouldLeaveTheFileWhenItIsNotKnownToBeStale() throws Exception {
    Assumptions.assumeTrue(Epoll.isAvailable(), "no epoll");
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try (MessageSink sink = sink()) {
      // Connecting a stream to a socket for datagrams fails, but not because nobody is there.
      Channel datagrams =
          new Bootstrap()
              .group(group)
              .channel(EpollDomainDatagramChannel.class)
              .handler(new ChannelInboundHandlerAdapter())
              .bind(new DomainSocketAddress(path.toString()))
              .sync()
              .channel();

      assertThatThrownBy(() -> bind(sink))
          .isInstanceOf(TransportException.class)
          .hasMessageStartingWith(
              "cannot bind: endpoint=ipc://" + path + ": address in use, or no right");
      assertThat(path).exists();
      datagrams.close().sync();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  @Test
  void shouldTakeThePathWhenItsProcessIsGone() throws Exception {
    ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address).close();
    assertThat(path).exists();

    try (MessageSink sink = sink();
        SocketChannel peer = open()) {
      bind(sink);
      assertThat(peer.connect(address)).isTrue();
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void shouldLeaveTheFileOfASuccessorWhenClosedAfterIt() throws Exception {
    Assumptions.assumeTrue(Epoll.isAvailable(), "with NIO Netty removes whatever is at the path");
    try (MessageSink successor = sink()) {
      try (MessageSink sink = sink()) {
        bind(sink);
        Files.delete(path);
        bind(successor);
        sink.close(Duration.ZERO);
      }

      assertThat(path).exists();
      try (SocketChannel peer = open()) {
        assertThat(peer.connect(address)).isTrue();
      }
    }
    assertThat(path).doesNotExist();
  }
}
