// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.channel.ConnectTimeoutException;
import io.netty.util.NetUtil;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** From addresses as users write them to those of sockets. */
final class Addresses {
  private Addresses() {}

  /** {@return the local address: a literal, {@code localhost}, or {@code *} for all} */
  static InetSocketAddress toBind(TransportAddress address) {
    String host = unbracketed(address.host());
    if (host.equals("*")) {
      return new InetSocketAddress(address.port());
    }
    try {
      return new InetSocketAddress(InetAddress.getByName(host), address.port());
    } catch (UnknownHostException e) {
      throw new TransportException(
          "cannot bind: endpoint=" + address + ": unknown host", address.toString(), e);
    }
  }

  /**
   * {@return the address of a peer, which is a literal or {@code localhost}; null for a name, which
   * is discovery's to look up: that may wait}
   */
  static @Nullable InetSocketAddress toConnect(TransportAddress address) {
    String host = unbracketed(address.host());
    if (host.equals("localhost")) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), address.port());
    }
    boolean literal = NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
    return literal ? new InetSocketAddress(host, address.port()) : null;
  }

  private static String unbracketed(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /** {@return why connecting failed, in words for people} */
  static String whyNotConnected(Throwable failure) {
    if (failure instanceof ConnectTimeoutException) {
      return "no answer";
    }
    String text = String.valueOf(failure.getMessage());
    return text.toLowerCase(Locale.ROOT).contains("refused") ? "connection refused" : text;
  }

  /** {@return why a bind failed, in words for people} */
  static String reason(Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    boolean taken = text.toLowerCase(Locale.ROOT).contains("address already in use");
    return taken || cause instanceof BindException
        ? "address in use, or not one of this machine"
        : text;
  }
}
