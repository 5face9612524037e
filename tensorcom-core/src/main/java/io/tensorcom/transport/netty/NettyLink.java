// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.tensorcom.transport.zmtp.Link;
import io.tensorcom.transport.zmtp.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves bytes between a channel and a session. Each write is issued when the one before has
 * completed, so that the kernel gets pieces of the size that suits it. On the loop's thread only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a channel tells of failures by itself
final class NettyLink extends ChannelInboundHandlerAdapter implements Link {
  private static final Logger LOG = LoggerFactory.getLogger(NettyLink.class);

  /** Of Linux, where Netty's epoll is; the numbers are those of socket(7). */
  private static final ChannelOption<Integer> SO_RCVLOWAT =
      new IntegerUnixChannelOption("SO_RCVLOWAT", 1, 18);

  private static final boolean THRESHOLDS =
      ReadThreshold.suits(System.getProperty("os.version", ""));

  private final Channel channel;
  private final String peer;
  private final int window;
  private final Function<Link, Session> opener;
  private final BorrowedBuf staged = new BorrowedBuf(this::released);
  private final BorrowedBuf piece = new BorrowedBuf(this::released);
  private final InPlaceReads reads = new InPlaceReads(this::readTarget);

  private @Nullable Session session;
  private @Nullable ReadThreshold threshold;
  private int outstanding;
  private boolean readWhilePaused;
  private boolean renewing;

  /**
   * Makes a link that begins its session when the channel is active.
   *
   * @param window how many bytes of a body one read should ask for
   * @param opener makes and starts the session
   */
  NettyLink(Channel channel, String peer, int window, Function<Link, Session> opener) {
    this.channel = channel;
    this.peer = peer;
    this.window = window;
    this.opener = opener;
    channel.config().setRecvByteBufAllocator(reads);
    if (channel instanceof EpollSocketChannel && THRESHOLDS) {
      threshold = new ReadThreshold(this::setThreshold, new LoopScheduler(channel.eventLoop()));
    }
  }

  private @Nullable ByteBuffer readTarget() {
    return session == null ? null : session.readTarget();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    session = opener.apply(this);
    pumpWrites();
    updateReading();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object buffer) {
    int count = ((BorrowedBuf) buffer).readableBytes();
    Session reading = session;
    if (reading != null) {
      reading.received(count);
    }
    updateReading();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    Session reading = session;
    if (reading == null) {
      return;
    }
    reading.readComplete();
    if (threshold != null) {
      threshold.drained(reading.awaitedBytes());
    }
  }

  private void setThreshold(int bytes) {
    if (!channel.isOpen()) {
      return;
    }
    try {
      channel.config().setOption(SO_RCVLOWAT, bytes);
    } catch (ChannelException e) {
      // Not everywhere are the numbers these, and some kernels do not have it.
      LOG.debug("no threshold: peer={}", peer, e);
      threshold = null;
    }
  }

  private void updateReading() {
    if (!channel.isOpen()) {
      // A closed channel has left its loop, which throws for it until all have been told.
      return;
    }
    boolean wanted = readTarget() != null;
    if (renewing || channel.config().isAutoRead() == wanted) {
      return;
    }
    if (wanted && readWhilePaused && channel instanceof AbstractEpollStreamChannel) {
      renewRegistration();
    } else {
      channel.config().setAutoRead(wanted);
    }
  }

  /**
   * Registers the channel with its loop anew, then reads. From 4.2.13 on, Netty takes a socket of
   * which nothing is wanted (paused, and the other side has closed) out of epoll and does not put
   * it back: going on would fail, and what is still in the kernel would be lost.
   */
  private void renewRegistration() {
    renewing = true;
    EventLoop loop = channel.eventLoop();
    channel
        .deregister()
        .addListener(
            done -> {
              if (channel.isOpen()) {
                loop.register(channel).addListener(registered -> renewed());
              } else {
                ended();
              }
            });
  }

  private void renewed() {
    renewing = false;
    readWhilePaused = false;
    if (!channel.isOpen()) {
      ended();
      return;
    }
    channel.config().setAutoRead(readTarget() != null);
    // The old registration may have been waiting for room to write.
    channel.flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ended();
  }

  /** Of a channel that is closed while it is not registered, Netty does not tell that it has. */
  private void ended() {
    if (session != null) {
      session.closed();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof InPlaceReads.ReadingPausedException) {
      readWhilePaused = true;
      return;
    }
    // Epoll says so unchecked when it cannot change what it waits for on a lost connection.
    if (cause instanceof IOException || cause instanceof UncheckedIOException) {
      LOG.debug("connection lost: peer={}", peer, cause);
    } else {
      LOG.error("unexpected failure, connection closed: peer={}", peer, cause);
    }
    channel.close();
  }

  @Override
  public String peer() {
    return peer;
  }

  @Override
  public int readWindowBytes() {
    return window;
  }

  @Override
  public void wakeReader() {
    if (session != null) {
      updateReading();
    }
  }

  @Override
  public void wakeWriter() {
    pumpWrites();
  }

  private void pumpWrites() {
    Session writing = session;
    if (writing == null || outstanding > 0 || !channel.isActive() || !writing.nextWrite()) {
      return;
    }
    ByteBuffer head = writing.staged();
    ByteBuffer body = writing.piece();
    outstanding = (head.hasRemaining() ? 1 : 0) + (body == null ? 0 : 1);
    if (head.hasRemaining()) {
      channel.write(staged.toWrite(head), channel.voidPromise());
    }
    if (body != null) {
      channel.write(piece.toWrite(body), channel.voidPromise());
    }
    channel.flush();
  }

  /** Netty gives a buffer back: it was written, or the channel is closing. */
  private void released() {
    if (outstanding > 1) {
      outstanding--;
      if (isSending()) {
        // Of a buffer that is not written whole Netty sets it by itself.
        staged.readerIndex(staged.writerIndex());
      }
      return;
    }
    // The write counts as outstanding until the session knows, so that none begins in between.
    if (session != null && isSending()) {
      session.written();
    }
    outstanding = 0;
    if (isSending()) {
      pumpWrites();
    }
  }

  @Override
  public int stagedWritten() {
    return staged.readerIndex();
  }

  private boolean isSending() {
    return channel.isActive() && channel.unsafe().outboundBuffer() != null;
  }

  @Override
  public void finish() {
    // Not within the write that has just completed: Netty is not made for that.
    channel.eventLoop().execute(this::shutdownOutput);
  }

  private void shutdownOutput() {
    ((DuplexChannel) channel)
        .shutdownOutput()
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                channel.close();
              }
            });
  }

  @Override
  public void close() {
    channel.close();
  }
}
