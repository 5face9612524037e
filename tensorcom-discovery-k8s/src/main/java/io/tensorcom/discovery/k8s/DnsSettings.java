// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.k8s.conf.ResolvConf;
import io.tensorcom.discovery.k8s.conf.ResolvConfParser;
import io.tensorcom.discovery.k8s.conf.SearchList;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How names are resolved. Immutable.
 *
 * @param resolvConf the file with servers and search list
 * @param server asked instead of the file's servers, or null
 * @param libc whose rules the walk over the search list follows: the GNU library's or musl's
 * @param hosts the hosts file to look into first, or null for none
 * @param strict whether a candidate that failed ends a look, instead of marking it ambiguous
 * @param maxStale how long endpoints are believed while looks fail
 * @param seed of the jitter
 */
public record DnsSettings(
    Path resolvConf,
    @Nullable InetSocketAddress server,
    String libc,
    @Nullable Path hosts,
    boolean strict,
    Duration maxStale,
    long seed) {
  private static final Path HOSTS = Path.of("/etc/hosts");

  /** The defaults: /etc/resolv.conf as glibc reads it, no hosts file, one hour of staleness. */
  public static final DnsSettings DEFAULT =
      new DnsSettings(
          Path.of("/etc/resolv.conf"),
          null,
          "glibc",
          null,
          false,
          Duration.ofHours(1),
          System.nanoTime());

  /** Checks the libc. */
  public DnsSettings {
    Objects.requireNonNull(resolvConf, "resolvConf");
    Objects.requireNonNull(maxStale, "maxStale");
    if (!libc.equals("glibc") && !libc.equals("musl")) {
      throw new IllegalArgumentException("libc: " + libc + " (expected: glibc or musl)");
    }
  }

  /**
   * {@return settings from the argument of {@code discovery=dns:...}: pairs with a comma between
   * them, of {@code resolv-conf=FILE}, {@code server=HOST:PORT}, {@code libc=glibc|musl}, {@code
   * hosts=off|first} and {@code strict=true|false}}
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static DnsSettings parse(String argument) {
    DnsSettings settings = DEFAULT;
    for (String pair : argument.isEmpty() ? new String[0] : argument.split(",", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = pair.substring(equals + 1);
      settings =
          switch (name) {
            case "resolv-conf" -> settings.withResolvConf(Path.of(value));
            case "server" -> settings.withServer(serverOf(value));
            case "libc" -> settings.withLibc(value);
            case "hosts" -> settings.withHosts(chosen(pair, "first", "off") ? HOSTS : null);
            case "strict" -> settings.withStrict(chosen(pair, "true", "false"));
            default ->
                throw new IllegalArgumentException(
                    "dns option: "
                        + pair
                        + " (expected: resolv-conf, server, libc, hosts or strict)");
          };
    }
    return settings;
  }

  private static boolean chosen(String pair, String yes, String no) {
    if (pair.endsWith("=" + yes) || pair.endsWith("=" + no)) {
      return pair.endsWith("=" + yes);
    }
    throw new IllegalArgumentException(
        "dns option: " + pair + " (expected: " + yes + " or " + no + ")");
  }

  /**
   * {@return a server's address: a literal, with a port behind it if it is not 53}
   *
   * @throws IllegalArgumentException if it is none
   */
  public static InetSocketAddress serverOf(String text) {
    InetAddress bare = ResolvConfParser.literal(text);
    if (bare != null) {
      return new InetSocketAddress(bare, 53);
    }
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? text : text.substring(0, colon).replaceAll("[\\[\\]]", "");
    InetAddress address =
        host.equals("localhost")
            ? InetAddress.getLoopbackAddress()
            : ResolvConfParser.literal(host);
    try {
      if (address != null) {
        int port = colon < 0 ? 53 : Integer.parseInt(text.substring(colon + 1));
        return new InetSocketAddress(address, port);
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the one message.
    }
    throw new IllegalArgumentException(
        "server: " + text + " (expected: an address, or address:port)");
  }

  SearchList.Libc rules() {
    return SearchList.Libc.valueOf(libc.toUpperCase(Locale.ROOT));
  }

  ResolvConf apply(ResolvConf conf) {
    return server == null ? conf : conf.withServer(server);
  }

  /** {@return a copy that reads this file} */
  public DnsSettings withResolvConf(Path file) {
    return new DnsSettings(file, server, libc, hosts, strict, maxStale, seed);
  }

  /** {@return a copy that asks this server} */
  public DnsSettings withServer(@Nullable InetSocketAddress newServer) {
    return new DnsSettings(resolvConf, newServer, libc, hosts, strict, maxStale, seed);
  }

  /** {@return a copy with these rules} */
  public DnsSettings withLibc(String newLibc) {
    return new DnsSettings(resolvConf, server, newLibc, hosts, strict, maxStale, seed);
  }

  /** {@return a copy that looks into this file first, or into none} */
  public DnsSettings withHosts(@Nullable Path file) {
    return new DnsSettings(resolvConf, server, libc, file, strict, maxStale, seed);
  }

  /** {@return a copy with this} */
  public DnsSettings withStrict(boolean newStrict) {
    return new DnsSettings(resolvConf, server, libc, hosts, newStrict, maxStale, seed);
  }

  /** {@return a copy with this limit} */
  public DnsSettings withMaxStale(Duration newMaxStale) {
    return new DnsSettings(resolvConf, server, libc, hosts, strict, newMaxStale, seed);
  }

  /** {@return a copy with this seed} */
  public DnsSettings withSeed(long newSeed) {
    return new DnsSettings(resolvConf, server, libc, hosts, strict, maxStale, newSeed);
  }
}
