// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.transport.TransportAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The part of a URL between {@code ://} and the query: a host or name, and mostly a port. */
final class UrlAuthority {
  private static final Pattern DIGITS = Pattern.compile("\\d+(\\.\\d+){3}");
  private static final Pattern IPV6 =
      Pattern.compile("([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(%[\\w.-]+)?");
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9_-]+");
  private static final Pattern SERVICE = Pattern.compile("_[^.]+\\._[^.]+\\..+");
  private static final Pattern PORT_NAME = Pattern.compile("[A-Za-z0-9_-]{1,62}");
  private static final int LONGEST_LABEL = 63;
  private static final int LONGEST_NAME = 253;

  private final String text;
  private final boolean binds;
  private final @Nullable String portName;

  /**
   * Makes a parser.
   *
   * @param text the whole URL, for messages
   * @param portName the value of the option {@code port}, or null
   */
  UrlAuthority(String text, boolean binds, @Nullable String portName) {
    this.text = text;
    this.binds = binds;
    this.portName = portName;
  }

  /** {@return whether a host is to be looked up, and is not a literal or {@code localhost}} */
  static boolean isName(String host) {
    return !host.equals("*")
        && !host.equalsIgnoreCase("localhost")
        && host.indexOf(':') < 0
        && !DIGITS.matcher(host).matches();
  }

  TransportAddress parse(String authority) {
    // Python drops a path; a single slash is what people add by habit.
    String place =
        authority.endsWith("/") ? authority.substring(0, authority.length() - 1) : authority;
    if (place.indexOf('/') >= 0) {
      throw bad("a path", "host:port");
    }
    int colon = place.endsWith("]") ? -1 : place.lastIndexOf(':');
    String host = host(colon < 0 ? place : place.substring(0, colon));
    if (binds) {
      checkBindable(host);
    } else if (host.equals("*")) {
      throw bad("host * cannot be connected to", "a host name or address");
    }
    if (isName(host)) {
      checkName(host);
    }
    checkPortName(host);
    boolean isService = isName(host) && SERVICE.matcher(host).matches();
    if (colon >= 0) {
      if (portName != null || isService) {
        throw bad(
            "port " + place.substring(colon + 1) + " where SRV records tell it",
            "no :port with " + (portName != null ? "option port=" + portName : host));
      }
      return TransportAddress.tcp(host, port(place.substring(colon + 1)));
    }
    if (portName == null && !isService) {
      throw bad("no port", binds ? "host:port" : "host:port, ?port=NAME or _port._proto.name");
    }
    return TransportAddress.tcp(host, 0);
  }

  private String host(String host) {
    if (host.isEmpty()) {
      throw bad("no host", "host:port");
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      String inner = host.substring(1, host.length() - 1);
      checkIpv6(inner);
      return inner;
    }
    if (host.indexOf(':') >= 0) {
      throw bad("an IPv6 address without brackets", "[address]:port");
    }
    if (DIGITS.matcher(host).matches()) {
      checkIpv4(host);
    }
    return host;
  }

  private void checkBindable(String host) {
    if (isName(host)) {
      throw bad(
          "host " + host + " cannot be bound",
          "*, localhost or a literal address of this machine; names are for schemes that connect:"
              + " zsub zpush zrpull zrpub");
    }
  }

  private void checkIpv4(String host) {
    for (String number : host.split("\\.", -1)) {
      if (number.length() > 3 || Integer.parseInt(number) > 255) {
        throw bad("IPv4 address " + host, "four numbers up to 255");
      }
    }
  }

  private void checkIpv6(String host) {
    Matcher matcher = IPV6.matcher(host);
    try {
      if (matcher.matches()) {
        // With a colon this is parsed, never looked up.
        InetAddress.getByName(matcher.group(1));
        return;
      }
    } catch (UnknownHostException e) {
      // Falls through to the one message.
    }
    throw bad("IPv6 address " + host, "for example [fd00::1] or [fe80::1%eth0]");
  }

  private void checkName(String name) {
    String relative = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    if (relative.length() > LONGEST_NAME) {
      throw bad("a name of " + relative.length() + " characters", "at most " + LONGEST_NAME);
    }
    for (String label : relative.split("\\.", -1)) {
      if (label.isEmpty()) {
        throw bad("name " + name + " with an empty part", "something between the dots");
      }
      if (label.length() > LONGEST_LABEL) {
        throw bad(
            "a part of " + label.length() + " characters in name " + name,
            "at most " + LONGEST_LABEL + " between dots");
      }
      if (!LABEL.matcher(label).matches()) {
        throw bad("name " + name, "letters, digits, - and _ between dots");
      }
    }
  }

  private void checkPortName(String host) {
    if (portName == null) {
      return;
    }
    if (binds || !isName(host)) {
      throw bad("option port=" + portName + " with host " + host, "a name to connect to");
    }
    if (!PORT_NAME.matcher(portName).matches()) {
      throw bad("option port=" + portName, "the name of a port, for example zmq");
    }
  }

  private int port(String digits) {
    int lowest = binds ? 0 : 1;
    try {
      int port = Integer.parseInt(digits);
      if (port >= lowest && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message.
    }
    throw bad("port " + digits, lowest + "..65535");
  }

  private IllegalArgumentException bad(String what, String expected) {
    return TensorcomUrl.bad(text, what, expected);
  }
}
