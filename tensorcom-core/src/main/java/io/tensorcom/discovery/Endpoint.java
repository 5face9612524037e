// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;

/**
 * A place to connect to. Immutable.
 *
 * @param address without a lookup of its own; of IPv6 with its zone, if it has one
 * @param port 1..65535
 * @param priority endpoints of the lowest number are used; the others when none of those is left
 *     (RFC 2782)
 * @param weight share among endpoints of one priority (RFC 2782)
 * @param state how sure it is
 */
public record Endpoint(InetAddress address, int port, int priority, int weight, State state) {
  /** How sure an endpoint is. */
  public enum State {
    /** The last look found it. */
    FRESH,
    /** Looks have failed since it was found. */
    STALE,
    /** Looks have failed for so long that it is no longer believed; a live connection stays. */
    EXPIRED
  }

  /** The order of endpoints in a snapshot. */
  public static final Comparator<Endpoint> ORDER =
      Comparator.comparingInt(Endpoint::priority)
          .thenComparing(endpoint -> !(endpoint.address instanceof Inet4Address))
          .thenComparing(endpoint -> endpoint.address.getAddress(), Arrays::compareUnsigned)
          .thenComparingInt(Endpoint::port);

  /** Checks the port. */
  public Endpoint {
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(state, "state");
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1..65535)");
    }
  }

  /** {@return a fresh endpoint without priority and weight} */
  public static Endpoint of(InetAddress address, int port) {
    return new Endpoint(address, port, 0, 0, State.FRESH);
  }

  /** {@return a copy in this state} */
  public Endpoint withState(State newState) {
    return newState == state ? this : new Endpoint(address, port, priority, weight, newState);
  }

  /** {@return whether it is the same place, whatever its priority, weight and state} */
  public boolean isSamePlace(Endpoint other) {
    return port == other.port && address.equals(other.address);
  }

  /** {@return for example {@code 10.0.1.149:7880} or {@code [fd00::1]:7880}} */
  @Override
  public String toString() {
    String host = address.getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
