// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.zmtp.Outbox;
import io.tensorcom.transport.zmtp.PubCore;
import io.tensorcom.transport.zmtp.PushCore;
import io.tensorcom.transport.zmtp.SocketCore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** PUSH and PUB: hands messages of users' threads to the loop. */
final class NettySink extends NettySocket implements MessageSink {
  private final Outbox outbox;
  private final SocketCore core;
  private final @Nullable PushCore push;
  private final @Nullable PubCore pub;
  private final LongAdder messages = new LongAdder();
  private final LongAdder bytes = new LongAdder();

  private NettySink(SocketRole role, SocketOptions options) {
    super(role, options);
    if (role == SocketRole.PUSH) {
      outbox = new Outbox(options.maxMessagesPerPeer(), false, this::wake);
      push = new PushCore(options, scheduler(), outbox);
      pub = null;
      core = push;
    } else {
      // The messages wait for subscribers in their queues, not here.
      outbox = new Outbox(1, true, this::wake);
      pub = new PubCore(options, scheduler(), outbox);
      push = null;
      core = pub;
    }
  }

  static NettySink push(SocketOptions options) {
    return new NettySink(SocketRole.PUSH, options);
  }

  static NettySink pub(SocketOptions options) {
    return new NettySink(SocketRole.PUB, options);
  }

  private void wake() {
    scheduler()
        .execute(
            () -> {
              if (push != null) {
                push.pump();
              } else if (pub != null) {
                pub.pump();
              }
            });
  }

  @Override
  SocketCore core() {
    return core;
  }

  @Override
  public SendResult send(Message message, Duration timeout) throws InterruptedException {
    long size = message.byteSize();
    if (size > options().maxMessageBytes()) {
      message.release();
      throw new IllegalArgumentException(
          "message bytes: " + size + " (expected: <= " + options().maxMessageBytes() + ")");
    }
    if (pub != null && pub.peers() == 0 && outbox.isEmpty() && !isClosing()) {
      message.release();
      pub.countUnheard();
      count(size);
      return SendResult.SENT;
    }
    ByteBuffer end = push == null ? null : message.end();
    Message behind = end == null ? null : PushCore.end(end);
    SendResult result = null;
    try {
      result = outbox.put(message, behind, TimeUnit.NANOSECONDS.convert(timeout));
    } finally {
      if (result != SendResult.SENT) {
        message.release();
      }
    }
    if (result == SendResult.SENT) {
      count(size);
    }
    return result;
  }

  @Override
  public long undelivered() {
    return core.left();
  }

  @Override
  public Map<String, Long> undeliveredByPeer() {
    return core.leftByPeer();
  }

  private void count(long size) {
    messages.increment();
    bytes.add(size);
  }

  @Override
  public SocketStats stats() {
    return new SocketStats(
        messages.sum(),
        bytes.sum(),
        core.peers(),
        pub == null ? 0 : pub.unheard(),
        pub == null ? 0 : pub.dropped(),
        0,
        0,
        pub != null ? pub.flushed() : push != null ? push.flushed() : 0,
        core.lost(),
        core.reconnects(),
        core.closedByReason(),
        core.peerStats(),
        core.gonePeers());
  }

  @Override
  public boolean close(Duration drainTimeout) {
    outbox.close();
    return closeSocket(drainTimeout);
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
