// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Address;

/**
 * Reads resolv.conf as glibc does: comments begin in column 1, the last {@code search} or {@code
 * domain} line wins, unknown words are passed over. Source: resolv.conf(5).
 */
public final class ResolvConfParser {
  private static final int MAX_SERVERS = 3;
  private static final Pattern BLANKS = Pattern.compile("[ \\t\\r]+");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%\\w+)?");

  private final int port;
  private final List<InetSocketAddress> servers = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private @Nullable List<String> search;
  private int ndots = 1;
  private int timeout = 5;
  private int attempts = 2;
  private boolean rotate;
  private boolean useTcp;
  private boolean noIpv6;
  private boolean noReload;
  private boolean noTopLevel;

  private ResolvConfParser(int port) {
    this.port = port;
  }

  /**
   * Parses a file's text; never throws, whatever it holds.
   *
   * @param environment where {@code LOCALDOMAIN} and {@code RES_OPTIONS} may stand
   * @param hostName whose domain is searched if nothing else is said
   * @param port of the servers, which the file cannot say
   */
  public static ResolvConf parse(
      String text, Map<String, String> environment, String hostName, int port) {
    ResolvConfParser parser = new ResolvConfParser(port);
    parser.lines(text);
    String localDomain = environment.get("LOCALDOMAIN");
    if (localDomain != null) {
      parser.search = domains(words(localDomain), 0);
    }
    parser.options(words(environment.getOrDefault("RES_OPTIONS", "")), 0);
    return parser.finish(hostName);
  }

  /** {@return whether a file's text says which server to ask} */
  static boolean namesServer(String text) {
    ResolvConfParser parser = new ResolvConfParser(0);
    parser.lines(text);
    return !parser.servers.isEmpty();
  }

  private void lines(String text) {
    for (String line : text.split("\n", -1)) {
      line(line);
    }
  }

  private static List<String> words(String line) {
    return BLANKS.splitAsStream(line.strip()).toList();
  }

  private void line(String line) {
    if (line.isEmpty() || line.charAt(0) == '#' || line.charAt(0) == ';') {
      return;
    }
    List<String> words = words(line);
    switch (words.get(0)) {
      case "nameserver" -> server(words);
      case "search" -> search = domains(words, 1);
      case "domain" -> search = words.size() > 1 ? List.of(bare(words.get(1))) : search;
      case "options" -> options(words, 1);
      case "", "sortlist" -> {}
      default -> warnings.add("unknown line: " + words.get(0));
    }
  }

  private void server(List<String> words) {
    String literal = words.size() > 1 ? words.get(1) : "";
    InetAddress address = literal(literal);
    if (address == null) {
      warnings.add("nameserver is no address: " + (literal.isEmpty() ? "(empty)" : literal));
    } else if (servers.size() == MAX_SERVERS) {
      warnings.add("more than three nameservers, left out: " + literal);
    } else {
      servers.add(new InetSocketAddress(address, port));
    }
  }

  /** {@return the address a literal means, or null if it is none; asks nobody} */
  public static @Nullable InetAddress literal(String text) {
    try {
      byte[] ipv4 = Address.toByteArray(text, Address.IPv4);
      if (ipv4 != null) {
        return InetAddress.getByAddress(ipv4);
      }
      // Text with a colon is never looked up: it is a literal or it is refused.
      return IPV6.matcher(text).matches() ? InetAddress.getByName(text) : null;
    } catch (UnknownHostException e) {
      return null;
    }
  }

  private static List<String> domains(List<String> words, int from) {
    List<String> domains = new ArrayList<>();
    for (int i = from; i < words.size(); i++) {
      if (!words.get(i).isEmpty()) {
        domains.add(bare(words.get(i)));
      }
    }
    return domains;
  }

  private static String bare(String domain) {
    return domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain;
  }

  private void options(List<String> words, int from) {
    for (int i = from; i < words.size(); i++) {
      String word = words.get(i).toLowerCase(Locale.ROOT);
      int colon = word.indexOf(':');
      String name = colon < 0 ? word : word.substring(0, colon);
      String value = colon < 0 ? "" : word.substring(colon + 1);
      switch (name) {
        case "ndots" -> ndots = number(word, value, 0, 15, ndots);
        case "timeout" -> timeout = number(word, value, 1, 30, timeout);
        case "attempts" -> attempts = number(word, value, 1, 5, attempts);
        case "rotate" -> rotate = true;
        case "use-vc" -> useTcp = true;
        case "no-aaaa" -> noIpv6 = true;
        case "no-reload" -> noReload = true;
        case "no-tld-query" -> noTopLevel = true;
        case "", "edns0", "trust-ad", "single-request", "single-request-reopen" -> {}
        default -> warnings.add("unknown option: " + word);
      }
    }
  }

  private int number(String word, String digits, int lowest, int highest, int otherwise) {
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      warnings.add("option without a number: " + word);
      return otherwise;
    }
    // More than nine digits are above every cap and might not fit an int.
    int value = digits.length() > 9 ? highest : Integer.parseInt(digits);
    return Math.max(lowest, Math.min(highest, value));
  }

  private ResolvConf finish(String hostName) {
    if (servers.isEmpty()) {
      servers.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }
    int dot = hostName.indexOf('.');
    List<String> domains =
        search != null ? search : dot < 0 ? List.of() : List.of(bare(hostName.substring(dot + 1)));
    return new ResolvConf(
        servers,
        domains,
        ndots,
        Duration.ofSeconds(timeout),
        attempts,
        rotate,
        useTcp,
        noIpv6,
        noReload,
        noTopLevel,
        warnings);
  }
}
