// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.zmtp.Dialer;
import io.tensorcom.transport.zmtp.Dialers;
import io.tensorcom.transport.zmtp.Scheduler;
import io.tensorcom.transport.zmtp.SocketCore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The clock, the events that are due, and the wires between sockets. One thread. */
public final class SimWorld implements Scheduler {
  private static final class Event implements Comparable<Event>, Timer {
    private final long time;
    private final long number;
    private Runnable action;
    private boolean cancelled;

    Event(long time, long number, Runnable action) {
      this.time = time;
      this.number = number;
      this.action = action;
    }

    @Override
    public void cancel() {
      action = () -> {};
      cancelled = true;
    }

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  private final Random random;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Map<TransportAddress, SocketCore> listeners = new HashMap<>();
  private final Map<TransportAddress, Supplier<SimStranger>> hosts = new HashMap<>();
  private final List<SimWire> wires = new ArrayList<>();
  private final List<SocketCore> dialers = new ArrayList<>();
  private final List<SocketCore> accepting = new ArrayList<>();
  private final List<SimStranger> strangers = new ArrayList<>();
  private final boolean eager;
  private long now;
  private long numbers;
  private long trace = 1;
  private double connectFailures;
  private double alterations;

  /** Makes a world in which nothing has happened. */
  public SimWorld(long seed) {
    // The first choices of Random are the same for thousands of seeds in a row.
    random = new Random(seed * 0x9E3779B97F4A7C15L);
    eager = random.nextBoolean();
  }

  /** {@return whether links write within the call that wakes them, as those of Netty do} */
  boolean isEager() {
    return eager;
  }

  /** {@return the only source of chance} */
  public Random random() {
    return random;
  }

  /** Sets how often connecting fails, from 0 to 1. */
  public void setConnectFailures(double share) {
    connectFailures = share;
  }

  /**
   * Sets how often a byte on its way is altered, from 0 to 1 a read: a fault that must be found.
   */
  public void setAlterations(double share) {
    alterations = share;
  }

  boolean altersNext() {
    return alterations > 0 && random.nextDouble() < alterations;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Timer schedule(long delayNanos, Runnable action) {
    Event event = new Event(now + Math.max(0, delayNanos), numbers++, action);
    events.add(event);
    return event;
  }

  @Override
  public void execute(Runnable action) {
    schedule(0, action);
  }

  /** Runs what is due until there is nothing, or the clock passes a limit. */
  public void runUntil(long limitNanos) {
    while (!events.isEmpty() && events.peek().time <= limitNanos) {
      Event event = events.poll();
      now = event.time;
      event.action.run();
    }
  }

  /** {@return what is due at some time; when nobody but sockets is left, their timers} */
  long pending() {
    return events.stream().filter(event -> !event.cancelled).count();
  }

  /** Adds to the fingerprint of this run. */
  void trace(long what) {
    trace = trace * 0x5DEECE66DL + what + now;
  }

  /** {@return a fingerprint of all bytes moved so far, and of when} */
  public long trace() {
    return trace;
  }

  /** Lets others connect to a socket. */
  public void listen(TransportAddress address, SocketCore core) {
    listeners.put(address, core);
  }

  /** Lets nobody connect any more. */
  public void stopListening(TransportAddress address) {
    listeners.remove(address);
  }

  /** Puts strangers behind an address: each connection meets another one, or null for none. */
  void host(TransportAddress address, Supplier<SimStranger> strangersThere) {
    hosts.put(address, strangersThere);
  }

  /** {@return what keeps a socket connected to addresses} */
  public Dialers dialers(SocketCore core) {
    return new Dialers(core, this, random, each -> connect(each, core));
  }

  private void connect(Dialer dialer, SocketCore core) {
    schedule(
        random.nextInt(2_000_000),
        () -> {
          SocketCore server = listeners.get(dialer.address());
          if (dialer.isStopped()) {
            return;
          }
          Supplier<SimStranger> host = hosts.get(dialer.address());
          SimStranger stranger = host == null ? null : host.get();
          if ((server == null && stranger == null) || random.nextDouble() < connectFailures) {
            dialer.failed("refused");
            return;
          }
          if (stranger != null) {
            meet(stranger, dialer, core);
            return;
          }
          SimWire wire = new SimWire(this, wires.size(), dialer.address().toString());
          wires.add(wire);
          dialers.add(core);
          accepting.add(server);
          wire.open(link -> core.open(link, dialer), link -> server.open(link, null));
        });
  }

  private void meet(SimStranger stranger, Dialer dialer, SocketCore core) {
    strangers.add(stranger);
    SimWire wire = new SimWire(this, strangers.size(), dialer.address().toString());
    stranger.arrived(dialer.address(), wire, this);
    wire.openTo(stranger, link -> core.open(link, dialer));
  }

  /** Connects a stranger, unless nobody listens. */
  public void intrude(TransportAddress address, SimStranger stranger) {
    SocketCore server = listeners.get(address);
    if (server != null) {
      strangers.add(stranger);
      SimWire wire = new SimWire(this, strangers.size(), address.toString());
      stranger.arrived(strangers.size(), wire, this);
      wire.openFor(stranger, link -> server.open(link, null));
    }
  }

  /** {@return nanoseconds up to two to a power, short times as often as long ones} */
  long aWhile(int mostBits) {
    return 1 + random.nextLong(1L << (1 + random.nextInt(mostBits)));
  }

  /**
   * {@return the socket that connected to one that was dialed, or null for a stranger}
   *
   * @param peer as the one that was dialed knows it
   */
  @Nullable SocketCore whoDialed(String peer) {
    return peer.startsWith(SimWire.ACCEPTED)
        ? dialers.get(Integer.parseInt(peer.substring(SimWire.ACCEPTED.length())))
        : null;
  }

  /** {@return the strangers who have connected} */
  List<SimStranger> strangers() {
    return strangers;
  }

  /** Breaks the connections of a socket; bytes on their way are lost. */
  void breakAllOf(SocketCore core) {
    for (int i = 0; i < wires.size(); i++) {
      if (dialers.get(i) == core || accepting.get(i) == core) {
        wires.get(i).reset();
      }
    }
  }

  /** {@return whether bytes that one side wrote did not come to the other, on any connection} */
  boolean hasCut() {
    return wires.stream().anyMatch(SimWire::isCut);
  }

  /**
   * Lets a few connections fall silent, each once, at times of all lengths: nothing moves for up to
   * four seconds, and then goes on. No socket gives up so soon.
   */
  void hiccup() {
    for (int i = random.nextInt(4); i > 0; i--) {
      schedule(
          aWhile(31),
          () -> {
            if (!wires.isEmpty()) {
              wires.get(random.nextInt(wires.size())).fallSilent(aWhile(32));
            }
          });
    }
  }

  /**
   * Breaks a connection that is chosen by chance; bytes on their way are lost.
   *
   * @param busy whether it must be one with bytes on their way
   * @return the socket that had dialed it, or null if there is no such connection
   */
  public @Nullable SocketCore breakOne(boolean busy) {
    int[] open =
        IntStream.range(0, wires.size())
            .filter(i -> busy ? wires.get(i).isBusy() : wires.get(i).isOpen())
            .toArray();
    if (open.length == 0) {
      return null;
    }
    int broken = open[random.nextInt(open.length)];
    wires.get(broken).reset();
    return dialers.get(broken);
  }
}
