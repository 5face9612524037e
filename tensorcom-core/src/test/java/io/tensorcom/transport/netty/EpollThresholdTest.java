// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.zmtp.SourceCore;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kernel is told to wait for, while the body of a message comes. */
@Timeout(60)
final class EpollThresholdTest {
  private static final int BODY = 1 << 20;
  private static final ChannelOption<Integer> SO_RCVLOWAT =
      new IntegerUnixChannelOption("SO_RCVLOWAT", 1, 18);

  private final TensorPool pool = TensorPool.ofBudget(8 << 20);

  private static byte[] head() {
    byte[] greeting = new byte[64];
    greeting[0] = (byte) 0xff;
    greeting[9] = 0x7f;
    greeting[10] = 3;
    System.arraycopy("NULL".getBytes(StandardCharsets.US_ASCII), 0, greeting, 12, 4);
    byte[] ready = "\5READY\13Socket-Type\0\0\0\4PUSH".getBytes(StandardCharsets.ISO_8859_1);
    return ByteBuffer.allocate(64 + 2 + ready.length + 9)
        .put(greeting)
        .put((byte) 4)
        .put((byte) ready.length)
        .put(ready)
        .put((byte) 2)
        .putLong(BODY)
        .array();
  }

  private static void awaitThreshold(Channel channel, int bytes) {
    while (channel.config().getOption(SO_RCVLOWAT) != bytes) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldWaitForAQuarterOfAMegabyteAndTakeLessWhenNoMoreComes() throws Exception {
    assumeTrue(Epoll.isAvailable(), "no epoll on this system");
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      LoopScheduler scheduler = new LoopScheduler(group.next());
      SourceCore core = new SourceCore(SocketRole.PULL, SocketOptions.of(pool), scheduler);
      Channel channel =
          new Bootstrap()
              .group(group)
              .channel(EpollSocketChannel.class)
              .handler(
                  new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                      made.pipeline()
                          .addLast(
                              new NettyLink(made, "peer", 1 << 17, link -> core.open(link, null)));
                    }
                  })
              .connect(server.getLocalSocketAddress())
              .sync()
              .channel();
      try (Socket peer = server.accept();
          OutputStream out = peer.getOutputStream()) {
        out.write(head());
        out.write(new byte[BODY / 2]);
        awaitThreshold(channel, ReadThreshold.MOST_BYTES);
        awaitThreshold(channel, 1);
        out.write(new byte[BODY / 2]);
        Message message = core.inbox().poll(TimeUnit.SECONDS.toNanos(30));
        assertThat(message).isNotNull();
        assertThat(message.byteSize()).isEqualTo(BODY);
        message.release();
        awaitThreshold(channel, 1);
      }
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }
}
