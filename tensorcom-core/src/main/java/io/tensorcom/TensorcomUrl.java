// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.discovery.ServiceName;
import io.tensorcom.transport.Medium;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where and how to send or receive: {@code scheme[+medium]://host:port[?option=value&…][#topic]},
 * as in the Python tensorcom. Immutable.
 *
 * <p>A scheme that connects takes a literal address, {@code localhost}, or a name, which is a set
 * that changes: every address behind it is connected, and followed. A name of the form {@code
 * _port._proto.name}, or one with the option {@code port=NAME}, has no port of its own: SRV records
 * tell it.
 *
 * <p>Schemes: {@code zpush}, {@code zsub}, {@code zrpull} and {@code zrpub} connect; {@code zpull},
 * {@code zpub}, {@code zrpush} and {@code zrsub} bind. Media: {@code tcp}, the default, and {@code
 * ipc}, whose address is the path of a socket file. A scheme that binds takes {@code *}, {@code
 * localhost} or a literal address, and port 0 for any free port. The topic is percent-decoded.
 *
 * @param text the URL as it was given
 * @param role what the socket does
 * @param binds whether the socket binds; otherwise it connects
 * @param address where; a name that {@link #name()} answers is not to be connected as it stands,
 *     and its port is 0 if SRV records tell it
 * @param options the options of the query, each known and given once
 * @param topic what a SUB subscribes to; {@link Topic#ALL} for the other roles
 */
public record TensorcomUrl(
    String text,
    SocketRole role,
    boolean binds,
    TransportAddress address,
    Map<String, String> options,
    Topic topic) {
  /** Copies the options. */
  public TensorcomUrl {
    options = Map.copyOf(options);
  }

  /** What the name of a scheme says. */
  private record Scheme(SocketRole role, boolean binds) {}

  private static final Map<String, Scheme> SCHEMES =
      Map.of(
          "zpush", new Scheme(SocketRole.PUSH, false),
          "zpull", new Scheme(SocketRole.PULL, true),
          "zpub", new Scheme(SocketRole.PUB, true),
          "zsub", new Scheme(SocketRole.SUB, false),
          "zrpush", new Scheme(SocketRole.PUSH, true),
          "zrpull", new Scheme(SocketRole.PULL, false),
          "zrpub", new Scheme(SocketRole.PUB, false),
          "zrsub", new Scheme(SocketRole.SUB, true));

  /**
   * Expands braces and parses every URL that comes out.
   *
   * @throws IllegalArgumentException if one of them is not a URL; the message says what is wrong
   */
  public static List<TensorcomUrl> parseAll(String... patterns) {
    List<TensorcomUrl> urls = new ArrayList<>();
    for (String pattern : patterns) {
      for (String url : BraceExpansion.expand(pattern)) {
        urls.add(parse(url));
      }
    }
    return urls;
  }

  /**
   * Parses one URL, without brace expansion.
   *
   * @throws IllegalArgumentException if it is not a URL; the message says what is wrong
   */
  public static TensorcomUrl parse(String text) {
    int colon = text.indexOf("://");
    if (colon <= 0) {
      throw bad(text, "no scheme", "scheme://host:port, for example zsub://127.0.0.1:7880");
    }
    String[] names = text.substring(0, colon).toLowerCase(Locale.ROOT).split("\\+", -1);
    Scheme scheme = SCHEMES.get(names[0]);
    if (scheme == null) {
      throw bad(
          text, "unknown scheme " + names[0], "zpush zpull zpub zsub zrpush zrpull zrpub or zrsub");
    }
    Medium medium = medium(text, names);
    String rest = text.substring(colon + 3);
    int hash = rest.indexOf('#');
    String fragment = hash < 0 ? "" : rest.substring(hash + 1);
    rest = hash < 0 ? rest : rest.substring(0, hash);
    int query = rest.indexOf('?');
    Map<String, String> options =
        query < 0 ? Map.of() : UrlOptions.parse(text, rest.substring(query + 1));
    rest = query < 0 ? rest : rest.substring(0, query);
    Topic topic = topic(text, scheme, fragment);
    TransportAddress address =
        medium == Medium.IPC
            ? ipc(text, rest)
            : new UrlAuthority(text, scheme.binds, options.get("port")).parse(rest);
    if (medium == Medium.IPC && options.containsKey("port")) {
      throw bad(text, "option port with a path", "none: a socket file has no port");
    }
    return new TensorcomUrl(text, scheme.role, scheme.binds, address, options, topic);
  }

  private static Medium medium(String text, String[] names) {
    if (names.length > 2) {
      throw bad(text, "more than one medium", "tcp or ipc");
    }
    String name = names.length == 2 ? names[1] : "tcp";
    return switch (name) {
      case "tcp" -> Medium.TCP;
      case "ipc" -> Medium.IPC;
      default -> throw bad(text, "unknown medium " + name, "tcp or ipc");
    };
  }

  private static Topic topic(String text, Scheme scheme, String fragment) {
    if (!fragment.isEmpty() && scheme.role != SocketRole.SUB) {
      throw bad(text, "a topic", "none: only zsub and zrsub subscribe");
    }
    try {
      return Topic.parse(fragment);
    } catch (IllegalArgumentException e) {
      throw bad(text, Objects.requireNonNull(e.getMessage()), "%XX");
    }
  }

  private static TransportAddress ipc(String text, String path) {
    if (path.isEmpty()) {
      throw bad(text, "no path", "the path of a socket file");
    }
    return TransportAddress.ipc(path);
  }

  /**
   * {@return the name whose endpoints are to be followed; null if the URL binds, is a path, a
   * literal address or {@code localhost}}
   */
  public @Nullable ServiceName name() {
    boolean fixed = binds || address.medium() == Medium.IPC || !UrlAuthority.isName(address.host());
    return fixed ? null : new ServiceName(address.host(), address.port(), options.get("port"));
  }

  /** {@return an option's value, or null if it is not given} */
  public @Nullable String option(String name) {
    return options.get(name);
  }

  static IllegalArgumentException bad(String text, String what, String expected) {
    return new IllegalArgumentException(
        "bad URL: url=" + text + ": " + what + " (expected: " + expected + ")");
  }

  /** {@return the URL as it was given} */
  @Override
  public String toString() {
    return text;
  }
}
