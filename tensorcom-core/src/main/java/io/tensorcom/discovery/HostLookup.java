// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * From hosts to addresses, with a memory: a host that cannot be asked for keeps what it had, and
 * one that is gone loses it at the second look that says so. Confined to one thread.
 */
final class HostLookup {
  /** Asks for a name; blocks. */
  interface Resolver {
    /** As {@link InetAddress#getAllByName}. */
    InetAddress[] lookup(String host) throws UnknownHostException;
  }

  /** What is behind a host, and whether that is what the last look found. */
  record Found(List<InetAddress> addresses, boolean stale) {}

  /** A host that could not be found, and nothing was known of it. */
  static final class LookupException extends Exception {
    private static final long serialVersionUID = 1L;

    private final DiscoveryException.Reason reason;

    LookupException(DiscoveryException.Reason reason, String message, Throwable cause) {
      super(message, cause);
      this.reason = reason;
    }

    DiscoveryException.Reason reason() {
      return reason;
    }
  }

  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final byte[] LOOPBACK_4 = {127, 0, 0, 1};
  private static final byte[] LOOPBACK_6 = new byte[16];

  static {
    LOOPBACK_6[15] = 1;
  }

  private final Resolver resolver;
  private final AddressFamily family;
  private final Map<String, List<InetAddress>> known = new HashMap<>();
  private final Map<String, Integer> misses = new HashMap<>();

  HostLookup(Resolver resolver, AddressFamily family) {
    this.resolver = resolver;
    this.family = family;
  }

  static boolean isLiteral(String host) {
    return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
  }

  Found find(String host) throws LookupException {
    try {
      List<InetAddress> addresses = filter(ask(host));
      known.put(host, addresses);
      misses.remove(host);
      return new Found(addresses, false);
    } catch (UnknownHostException e) {
      return remember(host, e);
    }
  }

  private InetAddress[] ask(String host) throws UnknownHostException {
    if (host.equalsIgnoreCase("localhost")) {
      return new InetAddress[] {
        InetAddress.getByAddress("localhost", LOOPBACK_4),
        InetAddress.getByAddress("localhost", LOOPBACK_6)
      };
    }
    // A literal is parsed, and not looked up.
    return isLiteral(host) ? InetAddress.getAllByName(host) : resolver.lookup(host);
  }

  private List<InetAddress> filter(InetAddress[] all) {
    List<InetAddress> four = Arrays.stream(all).filter(Inet4Address.class::isInstance).toList();
    List<InetAddress> six = Arrays.stream(all).filter(a -> !(a instanceof Inet4Address)).toList();
    return switch (family) {
      case AUTO -> four.isEmpty() ? six : four;
      case IPV4 -> four;
      case IPV6 -> six;
      case BOTH -> List.of(all);
    };
  }

  private Found remember(String host, UnknownHostException failure) throws LookupException {
    String text = String.valueOf(failure.getMessage());
    boolean failed = text.toLowerCase(Locale.ROOT).contains("temporary failure");
    List<InetAddress> before = known.getOrDefault(host, List.of());
    if (!failed && misses.merge(host, 1, Integer::sum) > 1) {
      known.remove(host);
      before = List.of();
    }
    if (before.isEmpty()) {
      throw new LookupException(
          failed ? DiscoveryException.Reason.FAILED : DiscoveryException.Reason.NOT_FOUND,
          "the resolver of the JVM: " + text,
          failure);
    }
    return new Found(before, true);
  }
}
