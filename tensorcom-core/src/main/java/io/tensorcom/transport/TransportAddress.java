// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import org.jspecify.annotations.Nullable;

/**
 * Where a socket binds or connects. Immutable.
 *
 * @param medium TCP or IPC
 * @param host for TCP a literal address, {@code localhost} or, to bind all interfaces, {@code *};
 *     names are discovery's; for IPC the path of the socket file
 * @param port for TCP 0..65535, 0 to bind any free port; for IPC 0
 */
public record TransportAddress(Medium medium, String host, int port) {
  /** Checks the port. */
  public TransportAddress {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0..65535)");
    }
  }

  /** {@return an address for TCP} */
  public static TransportAddress tcp(String host, int port) {
    return new TransportAddress(Medium.TCP, host, port);
  }

  /** {@return an address for a Unix-domain socket} */
  public static TransportAddress ipc(String path) {
    return new TransportAddress(Medium.IPC, path, 0);
  }

  /** {@return whether only this machine can reach the address} */
  public boolean isLocal() {
    return medium == Medium.IPC
        || host.equals("localhost")
        || host.startsWith("127.")
        || host.equals("::1")
        || host.equals("[::1]");
  }

  /** {@return the endpoint as ZeroMQ writes it, for example {@code tcp://127.0.0.1:7880}} */
  @Override
  public String toString() {
    if (medium == Medium.IPC) {
      return "ipc://" + host;
    }
    boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
    return "tcp://" + (bare ? "[" + host + "]" : host) + ":" + port;
  }

  /** {@return the endpoint an {@link #toString()} came from, or null if it is not one} */
  public static @Nullable TransportAddress parse(String endpoint) {
    if (endpoint.startsWith("ipc://")) {
      return ipc(endpoint.substring("ipc://".length()));
    }
    int colon = endpoint.lastIndexOf(':');
    if (!endpoint.startsWith("tcp://") || colon < "tcp://".length()) {
      return null;
    }
    try {
      String host = endpoint.substring("tcp://".length(), colon);
      return tcp(host, Integer.parseInt(endpoint.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
