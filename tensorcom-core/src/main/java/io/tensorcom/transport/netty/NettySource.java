// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.zmtp.Refusal;
import io.tensorcom.transport.zmtp.SocketCore;
import io.tensorcom.transport.zmtp.SourceCore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** PULL and SUB: hands messages that came on the loop to users' threads. */
final class NettySource extends NettySocket implements MessageSource {
  private final SourceCore core;

  NettySource(SocketRole role, SocketOptions options) {
    super(role, options);
    this.core = new SourceCore(role, options, scheduler());
  }

  @Override
  SocketCore core() {
    return core;
  }

  @Override
  public @Nullable Message poll(Duration timeout) throws InterruptedException {
    return core.inbox().poll(TimeUnit.NANOSECONDS.convert(timeout));
  }

  @Override
  public void closePeer(String peer) {
    scheduler().execute(() -> core.closePeer(peer));
  }

  @Override
  public void sumFrames(Predicate<ByteBuffer> wanted) {
    core.sumFrames(wanted);
  }

  @Override
  public Set<String> peersThatTellEnds() {
    return core.peersThatTellEnds();
  }

  @Override
  public Set<String> queuedPeers() {
    return core.queuedPeers();
  }

  @Override
  public Set<String> waitingPeers() {
    return core.waitingPeers();
  }

  @Override
  public boolean isClosed() {
    return core.inbox().isClosed();
  }

  @Override
  public SocketStats stats() {
    Map<String, Long> closed = core.closedByReason();
    long refused =
        closed.getOrDefault(Refusal.SIZE.label(), 0L)
            + closed.getOrDefault(Refusal.FRAME_COUNT.label(), 0L);
    return new SocketStats(
        core.messages(),
        core.bytes(),
        core.peers(),
        0,
        0,
        0,
        refused,
        0,
        core.lost(),
        core.reconnects(),
        closed,
        core.peerStats(),
        core.gonePeers());
  }

  @Override
  public void finish() {
    core.inbox().finish();
    leaveAll();
  }

  @Override
  public void close() {
    core.inbox().close();
    closeSocket(Duration.ZERO);
  }
}
