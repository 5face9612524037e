// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * What resolv.conf(5) and the environment say, in the ranges that glibc keeps. Immutable.
 *
 * @param servers one to three, in the order they are asked
 * @param search domains without trailing dot; an empty string is the root
 * @param ndots how many dots make a name be tried as it stands first, 0..15
 * @param timeout how long a server has for an answer, 1..30 s
 * @param attempts how often all servers are asked, 1..5
 * @param rotate whether the first server to ask changes from question to question
 * @param useTcp whether to ask by TCP alone
 * @param noIpv6 whether to ask for no AAAA records
 * @param noReload whether a change of the file is to be ignored
 * @param noTopLevel whether a name without dots is never tried as it stands
 * @param warnings what was not understood, in words for people
 */
public record ResolvConf(
    List<InetSocketAddress> servers,
    List<String> search,
    int ndots,
    Duration timeout,
    int attempts,
    boolean rotate,
    boolean useTcp,
    boolean noIpv6,
    boolean noReload,
    boolean noTopLevel,
    List<String> warnings) {
  /** Copies the lists. */
  public ResolvConf {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
    warnings = List.copyOf(warnings);
  }

  /** {@return the same settings with one other server} */
  public ResolvConf withServer(InetSocketAddress server) {
    return new ResolvConf(
        List.of(server),
        search,
        ndots,
        timeout,
        attempts,
        rotate,
        useTcp,
        noIpv6,
        noReload,
        noTopLevel,
        warnings);
  }

  /** {@return the same settings with other warnings} */
  public ResolvConf withWarnings(List<String> newWarnings) {
    return new ResolvConf(
        servers,
        search,
        ndots,
        timeout,
        attempts,
        rotate,
        useTcp,
        noIpv6,
        noReload,
        noTopLevel,
        newWarnings);
  }

  /** {@return one line for people} */
  public String describe() {
    StringBuilder text = new StringBuilder("nameserver ").append(describeServers());
    text.append("; search").append(search.isEmpty() ? " (none)" : "");
    search.forEach(domain -> text.append(' ').append(domain.isEmpty() ? "." : domain));
    text.append("; ndots:").append(ndots);
    text.append(" timeout:").append(timeout.toSeconds()).append(" attempts:").append(attempts);
    append(text, rotate, "rotate");
    append(text, useTcp, "use-vc");
    append(text, noIpv6, "no-aaaa");
    append(text, noReload, "no-reload");
    append(text, noTopLevel, "no-tld-query");
    return text.toString();
  }

  /** {@return the servers, for people} */
  public String describeServers() {
    return String.join(" ", servers.stream().map(ResolvConf::describe).toList());
  }

  private static void append(StringBuilder text, boolean set, String option) {
    if (set) {
      text.append(' ').append(option);
    }
  }

  /** {@return an address as people write it; the port only where it is not 53} */
  public static String describe(InetSocketAddress server) {
    String host = server.getAddress().getHostAddress();
    if (server.getPort() == 53) {
      return host;
    }
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + server.getPort();
  }
}
