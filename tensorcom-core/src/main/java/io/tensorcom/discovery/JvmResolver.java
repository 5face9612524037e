// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;

/** The resolver of the JVM, with its cache: for names outside of clusters. */
final class JvmResolver implements EntrySource {
  @Override
  public List<HostPort> entries(ServiceName name) {
    return List.of(new HostPort(name.host(), name.port()));
  }

  @Override
  public Duration interval() {
    return Duration.ofSeconds(10);
  }

  @Override
  public void check(ServiceName name) {
    if (name.usesServiceRecords()) {
      throw new IllegalArgumentException(
          "the resolver of the JVM knows no SRV records: name="
              + name
              + " (expected: a port, or discovery=dns of tensorcom-discovery-k8s)");
    }
  }

  static InetAddress[] lookup(String host) throws UnknownHostException {
    return InetAddress.getAllByName(host);
  }
}
