// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.net;

import io.tensorcom.discovery.DiscoveryThread;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Questions over sockets: each has one of its own, with a port that the kernel chooses (RFC 5452),
 * so that a slow or broken answer never meets another question. At most so many are open at once;
 * the others wait for their turn.
 */
public final class NioExchange implements Exchange {
  static final int MAX_OPEN = 64;
  static final int MAX_MESSAGE = 65_535;

  private final DnsLoop loop;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_MESSAGE);
  private final Queue<Pending> waiting = new ArrayDeque<>();
  private int open;

  /** Makes an exchange on a loop. */
  public NioExchange(DnsLoop loop) {
    this.loop = loop;
  }

  @Override
  public Call ask(
      InetSocketAddress server,
      Protocol protocol,
      byte[] query,
      Duration timeout,
      Handler handler) {
    Pending pending = new Pending(server, protocol, query, timeout, handler);
    if (open < MAX_OPEN) {
      pending.start();
    } else {
      waiting.add(pending);
    }
    return pending;
  }

  private void ended() {
    open--;
    Pending next = waiting.poll();
    if (next != null) {
      next.start();
    }
  }

  /** A question that is open or waits for its turn. */
  private final class Pending implements Call, Handler {
    private final InetSocketAddress server;
    private final Protocol protocol;
    private final byte[] query;
    private final Duration timeout;
    private final Handler handler;
    private DiscoveryThread.Timer timer = () -> {};
    private DnsSocket socket = () -> {};
    private boolean started;
    private boolean done;

    Pending(
        InetSocketAddress server,
        Protocol protocol,
        byte[] query,
        Duration timeout,
        Handler handler) {
      this.server = server;
      this.protocol = protocol;
      this.query = query;
      this.timeout = timeout;
      this.handler = handler;
    }

    void start() {
      open++;
      started = true;
      timer = loop.schedule(timeout, () -> onFailure(Failure.TIMEOUT));
      try {
        socket =
            protocol == Protocol.UDP
                ? UdpSocket.open(loop, buffer, server, query, this)
                : TcpSocket.open(loop, buffer, server, query, this);
        handler.onSent();
      } catch (IOException e) {
        // Told later, so that nobody is called back out of ask().
        loop.execute(() -> onFailure(Failure.UNREACHABLE));
      }
    }

    @Override
    public boolean onMessage(byte[] message) {
      if (done) {
        return true;
      }
      boolean taken = handler.onMessage(message);
      if (taken) {
        cancel();
      }
      return taken;
    }

    @Override
    public void onFailure(Failure failure) {
      if (!done) {
        cancel();
        handler.onFailure(failure);
      }
    }

    @Override
    public void cancel() {
      if (done) {
        return;
      }
      done = true;
      if (started) {
        timer.cancel();
        socket.close();
        ended();
      } else {
        waiting.remove(this);
      }
    }
  }
}
