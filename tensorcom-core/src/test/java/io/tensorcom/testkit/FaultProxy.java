// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP network that misbehaves on request: what connects to {@link #port} is connected to a
 * target, through latency, a narrow line, small slices, silence, resets and flipped bytes.
 * Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
  /** The network holds no more than this, so that whoever stops reading is soon felt. */
  private static final int BUFFER = 64 << 10;

  /** Greetings, headers and small frames lie before this; only what follows is flipped. */
  private static final int FLIPS_FROM = 4096;

  /** A header extension, which no checksum covers: a bit of it would make another stream. */
  private static final byte[] EXTENSION = "~TCext1~".getBytes(StandardCharsets.US_ASCII);

  private static final int EXTENSION_LENGTH = 12 * Long.BYTES;

  private final ServerSocket listener;
  private final Random random;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger flipsWanted = new AtomicInteger();
  private final AtomicLong resets = new AtomicLong();
  private volatile int targetPort;
  private volatile long latencyNanos;
  private volatile long bytesPerSecond;
  private volatile int slice = BUFFER;
  private volatile boolean silent;
  private volatile boolean closed;

  /** Begins to forward to a port of this machine. */
  public FaultProxy(int targetPort, long seed) {
    this.targetPort = targetPort;
    this.random = new Random(seed);
    try {
      this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  /** {@return where to connect} */
  public int port() {
    return listener.getLocalPort();
  }

  /** Connects from now on to another port, where a server that was started again is bound. */
  public void setTarget(int port) {
    targetPort = port;
  }

  /** {@return connections that were cut} */
  public long resets() {
    return resets.get();
  }

  /** Everything takes this much longer; 0 for no longer. */
  public void setLatencyNanos(long nanos) {
    latencyNanos = nanos;
  }

  /** The line is so narrow in each direction; 0 for any width. */
  public void setBytesPerSecond(long rate) {
    bytesPerSecond = rate;
  }

  /** Nothing moves in larger pieces than this. */
  public void setSlice(int bytes) {
    slice = Math.max(1, Math.min(BUFFER, bytes));
  }

  /** While it is silent, nothing moves, and nobody is told. */
  public void setSilent(boolean now) {
    silent = now;
  }

  /** Flips a bit in each of the next pieces that are large enough. */
  public void flip(int count) {
    flipsWanted.addAndGet(count);
  }

  /** Cuts all connections, so that both sides see a reset. */
  public void reset() {
    for (Socket socket : sockets) {
      try {
        socket.setSoLinger(true, 0);
      } catch (IOException e) {
        continue;
      } finally {
        drop(socket);
      }
      resets.incrementAndGet();
    }
  }

  /** Ends all faults that last. */
  public void heal() {
    latencyNanos = 0;
    bytesPerSecond = 0;
    slice = BUFFER;
    silent = false;
    flipsWanted.set(0);
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "fault-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!closed) {
      try {
        join(listener.accept());
      } catch (IOException e) {
        // The listener was closed.
      }
    }
  }

  private void join(Socket client) {
    sockets.add(client);
    Socket server = new Socket();
    sockets.add(server);
    try {
      client.setSendBufferSize(BUFFER);
      server.setReceiveBufferSize(BUFFER);
      server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort));
      start(() -> pump(client, server));
      start(() -> pump(server, client));
    } catch (IOException e) {
      // The target is not there: its clients try again.
      drop(client);
      drop(server);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer, 0, slice)) {
        suffer(buffer, count);
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // One side is gone; so is the other, below.
    } finally {
      drop(from);
      drop(to);
    }
  }

  private void suffer(byte[] buffer, int count) {
    while (silent && !closed) {
      LockSupport.parkNanos(1_000_000);
    }
    long nanos = latencyNanos;
    long rate = bytesPerSecond;
    if (rate > 0) {
      nanos += count * 1_000_000_000L / rate;
    }
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
    if (count > FLIPS_FROM && flipsWanted.get() > 0) {
      synchronized (random) {
        int at = FLIPS_FROM + random.nextInt(count - FLIPS_FROM);
        if (!inExtension(buffer, at)) {
          flipsWanted.decrementAndGet();
          buffer[at] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
  }

  private static boolean inExtension(byte[] buffer, int at) {
    for (int from = at - EXTENSION_LENGTH + 1; from <= at; from++) {
      int to = Math.min(buffer.length, from + EXTENSION.length);
      if (Arrays.equals(buffer, from, to, EXTENSION, 0, to - from)) {
        return true;
      }
    }
    return false;
  }

  private void drop(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone all the same.
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    sockets.forEach(this::drop);
  }
}
