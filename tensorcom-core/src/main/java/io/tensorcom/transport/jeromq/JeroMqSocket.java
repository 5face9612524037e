// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.Medium;
import io.tensorcom.transport.MessageSocket;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/**
 * One JeroMQ socket, its context and the one thread that touches them.
 *
 * <p>The thread alternates between {@link #work()}, which must come back within about {@link
 * #SLICE_MS}, and what other threads asked for.
 */
abstract class JeroMqSocket implements MessageSocket, Runnable {
  /** How long the socket's thread waits for anything before it looks at what else there is. */
  static final int SLICE_MS = 10;

  /** Connections that hang are opened again after this; JeroMQ counts the greeting alone. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(JeroMqSocket.class);
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final long REBIND_PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long END_PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();

  final SocketOptions options;
  final PeerWatch peers = new PeerWatch(HANDSHAKE.plusMillis(500), System::nanoTime);
  private final DialWatch dials;
  private final SocketType type;
  private final boolean receives;
  private final Thread thread;
  private final ZContext context = new ZContext(1);
  private final Queue<Runnable> requests = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closeCalled = new AtomicBoolean();
  private volatile boolean closing;
  private volatile boolean drained = true;

  // Written before closing is.
  private Duration drain = Duration.ZERO;
  private long closeBy = System.nanoTime();

  // Owned by the socket's thread.
  private ZMQ.Socket socket;
  private final List<String> bound = new ArrayList<>();
  private final List<String> connected = new ArrayList<>();
  private final Map<String, Long> leaveAt = new HashMap<>();
  private final Set<String> ended = new HashSet<>();
  private final Map<String, Long> ending = new HashMap<>();
  private boolean foundEmpty;

  JeroMqSocket(SocketType type, String role, SocketOptions options) {
    this.type = type;
    this.receives = type == SocketType.SUB || type == SocketType.PULL;
    this.options = options;
    this.dials = new DialWatch(options.handshakeTimeout());
    this.thread = new Thread(this, "tensorcom-jeromq-" + role + "-" + NUMBER.incrementAndGet());
    this.thread.setDaemon(true);
    this.socket = context.createSocket(type);
  }

  final void start() {
    configure(socket);
    thread.start();
  }

  /** Sets the options of a new socket, before it is bound or connected. */
  void configure(ZMQ.Socket newSocket) {
    newSocket.setHWM(options.maxMessagesPerPeer());
    // Connecting sockets of 0.6.0 at times never shake hands: see nudge().
    newSocket.setHandshakeIvl(
        (int) Math.min(HANDSHAKE.toMillis(), options.handshakeTimeout().toMillis()));
    newSocket.setReconnectIVL(100);
    newSocket.setReconnectIVLMax(5000);
    newSocket.setTCPKeepAlive(1);
    newSocket.setTCPKeepAliveIdle(15);
    newSocket.setTCPKeepAliveInterval(5);
    newSocket.setTCPKeepAliveCount(3);
    newSocket.setIPv6(true);
    // A sender sends only to peers that are there: the opposite of what the name says, and of
    // libzmq's option. A receiver would lose what it has not taken yet when a connection ends.
    newSocket.setImmediate(receives);
    newSocket
        .base()
        .setEventHook(
            event -> {
              if ((event.event & PeerWatch.EVENTS) != 0) {
                peers.consume(event);
              }
              if ((event.event & DialWatch.EVENTS) != 0) {
                dials.consume(event);
              }
            },
            PeerWatch.EVENTS | DialWatch.EVENTS);
  }

  /** Does some of the socket's work on its thread. */
  abstract void work();

  /** Waits until the socket can be closed without losing what it was given, on its thread. */
  abstract boolean drain(Duration timeout) throws InterruptedException;

  /** Blocks JeroMQ's threads no more, as the context is to be closed; on the socket's thread. */
  void letGo() {}

  /** Gives back what the socket still holds, on its thread, after the context has ended. */
  abstract void ended();

  final ZMQ.Socket socket() {
    return socket;
  }

  final boolean isClosing() {
    return closing;
  }

  /** {@return whether the socket is closing, and what it still has is not waited for any more} */
  final boolean isOverdue() {
    return closing && System.nanoTime() - closeBy >= 0;
  }

  @Override
  public final void run() {
    try {
      while (!closing) {
        answerRequests();
        work();
      }
    } catch (RuntimeException e) {
      LOG.error("jeromq socket ends: type={}", type, e);
    } finally {
      closing = true;
      end();
    }
  }

  final void answerRequests() {
    for (Runnable request = requests.poll(); request != null; request = requests.poll()) {
      request.run();
    }
    if (!closing) {
      leaveWhatIsDue();
      hasLeft();
      dials.tellOverdue();
      if (peers.takeNudge()) {
        nudge();
      }
    }
  }

  /**
   * Makes the I/O thread look at its list of channels again: JeroMQ 0.6.0 at times forgets to
   * register a fresh connection with its selector, namely when it finishes to connect and attaches
   * the connection in one round. Then nothing is read from it or written to it, for ever. A
   * listener that comes and goes mends it.
   */
  private void nudge() {
    try (ZMQ.Socket passing = context.createSocket(SocketType.PAIR)) {
      passing.bind("tcp://127.0.0.1:*");
    } catch (ZMQException e) {
      LOG.debug("cannot nudge the I/O thread", e);
    }
  }

  private void end() {
    boolean written = false;
    try {
      written = drain.isZero() || drain(Duration.ofNanos(untilCloseBy()));
      // On the socket itself: the context's own linger counts for sockets made afterwards.
      socket.setLinger(lingerMillis(untilCloseBy()));
    } catch (InterruptedException | RuntimeException e) {
      LOG.warn("jeromq socket could not drain: type={}", type, e);
      written = false;
    } finally {
      // After an error too: JeroMQ's threads hold the address, and read into the pool's memory.
      closeContext(written);
    }
  }

  /**
   * {@return a linger that JeroMQ ends when the time is over, and not before: it counts whole
   * milliseconds, from the beginning of the one that it is in}
   */
  static int lingerMillis(long nanos) {
    return nanos == 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, nanos / 1_000_000 + 2);
  }

  private void closeContext(boolean written) {
    drained = drain.isZero();
    try {
      letGo();
      context.close();
      // JeroMQ does not say what it dropped: a linger that was used up is taken for a loss.
      drained = written && untilCloseBy() > 0;
    } catch (RuntimeException e) {
      LOG.warn("jeromq context did not close cleanly: type={}", type, e);
    } finally {
      ended();
      answerRequests();
    }
  }

  private long untilCloseBy() {
    return Math.max(0, closeBy - System.nanoTime());
  }

  /** Closes the socket and opens it again at the same addresses. On the socket's thread. */
  final void reopen() {
    socket.close();
    peers.clear();
    socket = context.createSocket(type);
    configure(socket);
    for (String endpoint : bound) {
      rebind(endpoint);
    }
    for (String endpoint : connected) {
      socket.connect(endpoint);
    }
  }

  private void rebind(String endpoint) {
    long deadline = System.nanoTime() + REBIND_PATIENCE_NANOS;
    while (!closing) {
      try {
        socket.bind(endpoint);
        return;
      } catch (ZMQException e) {
        // The reaper closes the old listener in its own time.
        if (System.nanoTime() - deadline > 0) {
          LOG.error("cannot bind again: endpoint={}", endpoint, e);
          return;
        }
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public final TransportAddress bind(TransportAddress address) {
    checkMedium(address);
    String endpoint = address.toString();
    return onThread(
        () -> {
          try {
            socket.bind(endpoint);
          } catch (ZMQException | IllegalArgumentException e) {
            throw new TransportException(
                "cannot bind: endpoint=" + endpoint + ": " + reason(e), endpoint, e);
          }
          String real = socket.getLastEndpoint();
          bound.add(real);
          TransportAddress parsed = TransportAddress.parse(real);
          return parsed == null ? address : TransportAddress.tcp(address.host(), parsed.port());
        });
  }

  @Override
  public final void connect(TransportAddress address) {
    checkMedium(address);
    String endpoint = address.toString();
    soonOnThread(
        () -> {
          if (leaveAt.remove(endpoint) != null) {
            ended.remove(endpoint);
            return;
          }
          if (ending.remove(endpoint) != null) {
            peers.left(endpoint);
          }
          dials.add(address);
          try {
            socket.connect(endpoint);
            connected.add(endpoint);
          } catch (ZMQException | IllegalArgumentException e) {
            LOG.warn("cannot connect: endpoint={}: {}", endpoint, reason(e));
            dials.refused(address, reason(e));
          }
        });
  }

  /**
   * A sender leaves at once, and JeroMQ drops what waits for the peer. A receiver's connection is
   * left when it has ended and what it brought has been taken, or when the time is over, whichever
   * is first: JeroMQ does not tell whose messages come, and drops those that wait.
   */
  @Override
  public final void disconnect(TransportAddress address, Duration linger) {
    String endpoint = address.toString();
    soonOnThread(
        () -> {
          if (receives && !linger.isZero() && connected.contains(endpoint)) {
            leaveAt.put(endpoint, System.nanoTime() + TimeUnit.NANOSECONDS.convert(linger));
          } else {
            leave(endpoint);
          }
        });
  }

  private void leave(String endpoint) {
    leaveAt.remove(endpoint);
    ended.remove(endpoint);
    if (connected.remove(endpoint)) {
      dials.remove(endpoint);
      socket.disconnect(endpoint);
      if (receives) {
        peers.left(endpoint);
      } else {
        ending.put(endpoint, System.nanoTime());
      }
    }
  }

  /**
   * {@return whether JeroMQ's I/O thread has ended the connections of a sender to all addresses
   * that were left} Until then their peers take their turns, and most of what they are given is
   * lost.
   */
  final boolean hasLeft() {
    if (!ending.isEmpty()) {
      // That lets the socket hear of it.
      socket.getEvents();
      long now = System.nanoTime();
      for (String endpoint : List.copyOf(ending.keySet())) {
        long since = ending.getOrDefault(endpoint, now);
        if (!peers.isOpen(endpoint) || now - since >= END_PATIENCE_NANOS) {
          ending.remove(endpoint);
          peers.left(endpoint);
        }
      }
    }
    return ending.isEmpty();
  }

  private void leaveWhatIsDue() {
    if (leaveAt.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    for (String endpoint : List.copyOf(leaveAt.keySet())) {
      boolean over = now - leaveAt.getOrDefault(endpoint, now) >= 0;
      if (over || (ended.contains(endpoint) && foundEmpty && !peers.isOpen(endpoint))) {
        leave(endpoint);
      }
    }
    for (String endpoint : leaveAt.keySet()) {
      // Not before also its handshake is over: a PUSH gives to us before we hear of that.
      if (peers.isOpen(endpoint)) {
        // Perhaps again.
        ended.remove(endpoint);
      } else if (ended.add(endpoint)) {
        foundEmpty = false;
      }
    }
  }

  /** Tells that nothing waits in the socket, on its thread. */
  final void foundEmpty() {
    foundEmpty = true;
  }

  @Override
  public final void setConnectionListener(ConnectionListener listener) {
    dials.setListener(listener);
  }

  private void soonOnThread(Runnable action) {
    if (closing) {
      throw new IllegalStateException("socket is closed: type=" + type);
    }
    requests.add(
        () -> {
          if (!closing) {
            action.run();
          }
        });
  }

  /** {@return the only endpoint connected, or an empty string if messages may have several} */
  final String onlyEndpoint() {
    return bound.isEmpty() && connected.size() == 1 ? connected.get(0) : "";
  }

  final boolean closeSocket(Duration drainTimeout) {
    if (closeCalled.compareAndSet(false, true)) {
      drain = drainTimeout;
      closeBy = System.nanoTime() + TimeUnit.NANOSECONDS.convert(drainTimeout);
      closing = true;
    }
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return drained;
  }

  private <T> T onThread(Supplier<T> action) {
    if (closing) {
      throw new IllegalStateException("socket is closed: type=" + type);
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    requests.add(
        () -> {
          try {
            answer.complete(action.get());
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    if (!thread.isAlive()) {
      // It ended in between; what it did not answer is answered here.
      answer.completeExceptionally(new IllegalStateException("socket is closed: type=" + type));
    }
    try {
      return answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static void checkMedium(TransportAddress address) {
    if (address.medium() == Medium.IPC) {
      throw new TransportException(
          "the jeromq transport has no Unix-domain sockets: endpoint="
              + address
              + " (JeroMQ 0.6 puts ipc:// on TCP, where no other peer finds it); use tcp",
          address.toString());
    }
  }

  private static String reason(RuntimeException e) {
    if (e instanceof ZMQException zmq) {
      return zmq.getErrorCode() == ZMQ.Error.EADDRINUSE.getCode()
          ? "address in use, or not one of this machine"
          : "" + ZMQ.Error.findByCode(zmq.getErrorCode()).getMessage();
    }
    return "" + e.getMessage();
  }
}
