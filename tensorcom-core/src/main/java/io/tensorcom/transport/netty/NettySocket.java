// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.Medium;
import io.tensorcom.transport.MessageSocket;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import io.tensorcom.transport.zmtp.Dialer;
import io.tensorcom.transport.zmtp.Dialers;
import io.tensorcom.transport.zmtp.Link;
import io.tensorcom.transport.zmtp.Scheduler;
import io.tensorcom.transport.zmtp.Session;
import io.tensorcom.transport.zmtp.SocketCore;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A socket with an event loop of its own: binds, connects, and ends. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel tells of failures by itself
abstract class NettySocket implements MessageSocket {
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  private static final int TCP_WINDOW = 512 << 10;
  private static final int UNIX_WINDOW = 64 << 10;
  private static final int UNIX_SEND_BUFFER = 256 << 10;

  private static final long END_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Idle time and interval in seconds, and the number of probes. */
  private static final int[] KEEPALIVE = {15, 5, 3};

  private final IoEngine engine;
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final Scheduler scheduler;
  private final SocketOptions options;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicInteger peerNumbers = new AtomicInteger();
  private volatile boolean drained = true;

  /** Whether all was written, once the socket does not wait for that any more. */
  private final CompletableFuture<Boolean> finished = new CompletableFuture<>();

  /** On the loop only. */
  private boolean hasLeft;

  /** The loop's, once it has begun. */
  private volatile @Nullable Thread thread;

  // On the loop's thread.
  private @Nullable Dialers dialers;
  private final List<Channel> listeners = new ArrayList<>();
  private final Set<Channel> connections = new HashSet<>();
  private final List<OwnedPath> unixPaths = new ArrayList<>();

  NettySocket(SocketRole role, SocketOptions options) {
    this.options = options;
    this.engine = IoEngine.of(options.tuning().io());
    String name = "tensorcom-" + role.name().toLowerCase(Locale.ROOT) + "-";
    this.group =
        new MultiThreadIoEventLoopGroup(
            1,
            task -> {
              // Netty recycles its objects only on threads of this kind.
              Thread thread = new FastThreadLocalThread(task, name + NUMBERS.incrementAndGet());
              thread.setDaemon(true);
              this.thread = thread;
              return thread;
            },
            engine.handlers());
    this.loop = group.next();
    this.scheduler = new LoopScheduler(loop);
  }

  final Scheduler scheduler() {
    return scheduler;
  }

  final SocketOptions options() {
    return options;
  }

  final boolean isClosing() {
    return closing.get();
  }

  /** {@return the state machines of this socket} */
  abstract SocketCore core();

  @Override
  public TransportAddress bind(TransportAddress address) {
    return onLoop(() -> bindOnLoop(address));
  }

  private CompletableFuture<TransportAddress> bindOnLoop(TransportAddress address) {
    boolean unix = address.medium() == Medium.IPC;
    if (unix) {
      UnixSocketPath.check(address);
      UnixSocketPath.clear(address);
    }
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(unix ? engine.unixServer() : engine.tcpServer())
            .option(ChannelOption.SO_BACKLOG, 128)
            .childHandler(initializer(address, channel -> accept(channel, address)));
    if (!unix) {
      bootstrap.option(ChannelOption.SO_REUSEADDR, true);
    }
    CompletableFuture<TransportAddress> answer = new CompletableFuture<>();
    OwnedPath path = unix ? new OwnedPath(address.host()) : null;
    ChannelFuture future =
        bootstrap.bind(path == null ? Addresses.toBind(address) : engine.toBind(path));
    future.addListener(
        done -> {
          if (!done.isSuccess()) {
            answer.completeExceptionally(
                new TransportException(
                    "cannot bind: endpoint=" + address + ": " + Addresses.reason(done.cause()),
                    address.toString(),
                    done.cause()));
            return;
          }
          listeners.add(future.channel());
          if (path != null) {
            path.bound();
            unixPaths.add(path);
            answer.complete(address);
          } else {
            int port = ((InetSocketAddress) future.channel().localAddress()).getPort();
            answer.complete(TransportAddress.tcp(address.host(), port));
          }
        });
    return answer;
  }

  private NettyLink accept(Channel channel, TransportAddress address) {
    return new NettyLink(
        channel,
        peerName(channel, address),
        window(address.medium()),
        link -> core().open(link, null));
  }

  private String peerName(Channel channel, TransportAddress address) {
    return channel.remoteAddress() instanceof InetSocketAddress remote
        ? TransportAddress.tcp(remote.getAddress().getHostAddress(), remote.getPort()).toString()
        : address + "#" + peerNumbers.incrementAndGet();
  }

  private ChannelInitializer<Channel> initializer(
      TransportAddress address, Function<Channel, NettyLink> links) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        if (hasLeft) {
          // Accepted in the moment in which all connections were ended.
          channel.close();
          return;
        }
        connections.add(channel);
        channel.closeFuture().addListener(closed -> connections.remove(channel));
        configure(channel, address.medium());
        channel.pipeline().addLast(links.apply(channel));
      }
    };
  }

  private void configure(Channel channel, Medium medium) {
    if (medium == Medium.IPC) {
      channel.config().setOption(ChannelOption.SO_SNDBUF, UNIX_SEND_BUFFER);
      return;
    }
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    for (int i = 0; i < KEEPALIVE.length; i++) {
      channel.config().setOption(engine.keepAlive().get(i), KEEPALIVE[i]);
    }
  }

  private Dialers dialers() {
    Dialers all = dialers;
    if (all == null) {
      all = new Dialers(core(), scheduler, ThreadLocalRandom.current(), this::dial);
      dialers = all;
    }
    return all;
  }

  @Override
  public void connect(TransportAddress address) {
    if (address.medium() == Medium.IPC) {
      UnixSocketPath.check(address);
    }
    soonOnLoop(() -> dialers().connect(address));
  }

  @Override
  public void disconnect(TransportAddress address, Duration linger) {
    soonOnLoop(() -> dialers().disconnect(address, TimeUnit.NANOSECONDS.convert(linger)));
  }

  @Override
  public void setConnectionListener(ConnectionListener listener) {
    soonOnLoop(() -> dialers().setListener(listener));
  }

  private void soonOnLoop(Runnable action) {
    if (closing.get()) {
      throw new IllegalStateException("socket is closed");
    }
    scheduler.execute(
        () -> {
          if (!closing.get()) {
            action.run();
          }
        });
  }

  private void dial(Dialer dialer) {
    TransportAddress address = dialer.address();
    if (address.medium() == Medium.IPC) {
      dial(dialer, engine.unixAddress().apply(address.host()));
      return;
    }
    InetSocketAddress target = Addresses.toConnect(address);
    if (target == null) {
      scheduler.execute(() -> dialer.failed("a name, not a literal address"));
    } else {
      dial(dialer, target);
    }
  }

  private void dial(Dialer dialer, SocketAddress target) {
    if (dialer.isStopped()) {
      return;
    }
    TransportAddress address = dialer.address();
    new Bootstrap()
        .group(group)
        .channel(address.medium() == Medium.IPC ? engine.unix() : engine.tcp())
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) options.handshakeTimeout().toMillis())
        .handler(
            initializer(
                address,
                channel ->
                    new NettyLink(
                        channel,
                        address.toString(),
                        window(address.medium()),
                        link -> open(link, dialer))))
        .connect(target)
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                dialer.failed(Addresses.whyNotConnected(done.cause()));
              }
            });
  }

  private Session open(Link link, Dialer dialer) {
    try {
      return core().open(link, dialer);
    } catch (OutOfMemoryError e) {
      // The JVM has no direct memory for the connection's own buffer; later it may.
      dialer.failed("no direct memory");
      throw e;
    }
  }

  @Override
  public boolean awaitPeers(int count, Duration timeout) throws InterruptedException {
    return core().awaitPeers(count, TimeUnit.NANOSECONDS.convert(timeout));
  }

  private <T> T onLoop(Supplier<CompletableFuture<T>> action) {
    if (closing.get()) {
      throw new IllegalStateException("socket is closed");
    }
    return Loops.join(loop, action);
  }

  /** Ends all connections and takes no new ones; the socket still has to be closed. */
  final void leaveAll() {
    if (!closing.get()) {
      Loops.join(
          loop,
          () -> {
            hasLeft = true;
            CompletableFuture<Boolean> stopped = stopListening();
            dialers().stopAll();
            core().closeAll();
            return stopped;
          });
    }
  }

  /**
   * Ends connections in order until the time is over, and then whatever is left. Whoever closes
   * again, meanwhile, may have less time.
   */
  final boolean closeSocket(Duration drainTimeout) {
    if (!closing.compareAndSet(false, true)) {
      if (!Loops.awaitTrue(finished, drainTimeout)) {
        finished.complete(false);
      }
    } else {
      try {
        boolean ended = !drainTimeout.isZero() && drain(drainTimeout);
        finished.complete(ended);
        Loops.join(loop, () -> endAll(ended));
      } finally {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
      }
    }
    Loops.awaitUninterruptibly(group.terminationFuture());
    // That was completed on the thread, which still has a moment to live then.
    Loops.joinUninterruptibly(Objects.requireNonNull(thread));
    return drained;
  }

  private CompletableFuture<Boolean> endAll(boolean ended) {
    drained = (ended || core().hasWrittenAll()) && core().left() == 0;
    CompletableFuture<Boolean> stopped = stopListening();
    // Before the dialers end their connections: what is left there is to be counted.
    core().closeAll();
    dialers().stopAll();
    return stopped.thenCompose(all -> endConnections());
  }

  /**
   * Completes when the addresses are free again. The loop must still be running then: io_uring
   * holds a listening socket until a pending accept is cancelled.
   */
  private CompletableFuture<Boolean> stopListening() {
    unixPaths.forEach(OwnedPath::remove);
    unixPaths.clear();
    List<CompletableFuture<Void>> closed = new ArrayList<>();
    for (Channel listener : listeners) {
      CompletableFuture<Void> one = new CompletableFuture<>();
      closed.add(one);
      listener.close().addListener(done -> one.complete(null));
    }
    listeners.clear();
    return CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new)).thenApply(all -> true);
  }

  /**
   * Completes when no connection is left. Here, too, io_uring takes a moment, as a read and a write
   * are cancelled first; a loop that has ended by then does not tell the session, which keeps its
   * memory.
   */
  private CompletableFuture<Boolean> endConnections() {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    scheduler.schedule(END_PATIENCE_NANOS, () -> ended.complete(false));
    List<CompletableFuture<Void>> closed = new ArrayList<>();
    for (Channel connection : List.copyOf(connections)) {
      CompletableFuture<Void> one = new CompletableFuture<>();
      closed.add(one);
      connection.closeFuture().addListener(done -> one.complete(null));
      connection.close();
    }
    CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new))
        .thenRun(() -> ended.complete(true));
    return ended;
  }

  private boolean drain(Duration timeout) {
    scheduler.execute(() -> core().finish(() -> finished.complete(true)));
    return Loops.awaitTrue(finished, timeout);
  }

  /** {@return how much of a body one read should ask for} */
  private int window(Medium medium) {
    int configured = options.tuning().readWindowBytes();
    return configured != 0 ? configured : medium == Medium.IPC ? UNIX_WINDOW : TCP_WINDOW;
  }
}
