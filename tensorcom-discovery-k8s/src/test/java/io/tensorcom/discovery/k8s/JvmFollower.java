// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.Discoveries;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;

/**
 * Prints what the JVM says is behind a name, and then what a discovery says, until its input ends:
 * {@code DISCOVERY HOST}.
 */
final class JvmFollower implements EndpointListener {
  private JvmFollower() {}

  public static void main(String[] args) throws IOException {
    System.out.println(
        "jvm "
            + Arrays.stream(InetAddress.getAllByName(args[1]))
                .map(InetAddress::getHostAddress)
                .toList());
    try (ServiceDiscovery discovery = Discoveries.open(args[0], AddressFamily.AUTO)) {
      Watch unused =
          discovery.watch(ServiceName.of(args[1], 7880), Duration.ofSeconds(5), new JvmFollower());
      while (System.in.read() >= 0) {
        // Nothing is ever said.
      }
    }
  }

  @Override
  public void onSnapshot(EndpointSnapshot snapshot) {
    System.out.println("dns " + snapshot.endpoints().stream().map(Endpoint::toString).toList());
  }

  @Override
  public void onError(DiscoveryException failure) {
    System.out.println(failure);
  }
}
