// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is looked for. Immutable.
 *
 * @param host a name, for example {@code shards.bigdata19}, or with a trailing dot a full one; the
 *     service name {@code _zmq._tcp.bigdata19} takes ports from SRV records
 * @param port of all endpoints, or 0 if SRV records tell it
 * @param portName the name of a port whose SRV records tell addresses and ports, or null
 */
public record ServiceName(String host, int port, @Nullable String portName) {
  /** Checks that there is a port, or a way to learn it. */
  public ServiceName {
    if (Objects.requireNonNull(host, "host").isEmpty()) {
      throw new IllegalArgumentException("host: empty (expected: a name)");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0..65535)");
    }
    if (port == 0 && portName == null && !host.startsWith("_")) {
      throw new IllegalArgumentException(
          "no port: name=" + host + " (expected: a port or its name)");
    }
  }

  /** {@return a name with a port} */
  public static ServiceName of(String host, int port) {
    return new ServiceName(host, port, null);
  }

  /** {@return whether SRV records tell the endpoints} */
  public boolean usesServiceRecords() {
    return portName != null || host.startsWith("_");
  }

  /** {@return for example {@code shards.bigdata19:7880} or {@code _zmq._tcp.bigdata19}} */
  @Override
  public String toString() {
    return host + (portName != null ? "?port=" + portName : port == 0 ? "" : ":" + port);
  }
}
