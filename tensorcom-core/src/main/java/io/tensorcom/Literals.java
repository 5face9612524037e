// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.discovery.Endpoint;
import io.tensorcom.transport.Medium;
import io.tensorcom.transport.TransportAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** One spelling for each literal address. */
final class Literals {
  private Literals() {}

  static TransportAddress of(Endpoint endpoint) {
    return TransportAddress.tcp(endpoint.address().getHostAddress(), endpoint.port());
  }

  /** {@return the address as {@link #of} spells it; a path stays what it is} */
  static TransportAddress canonical(TransportAddress address) {
    if (address.medium() == Medium.IPC || UrlAuthority.isName(address.host())) {
      return address;
    }
    try {
      // A literal is parsed, not looked up.
      InetAddress literal =
          address.host().equalsIgnoreCase("localhost")
              ? InetAddress.getLoopbackAddress()
              : InetAddress.getByName(address.host());
      return TransportAddress.tcp(literal.getHostAddress(), address.port());
    } catch (UnknownHostException e) {
      return address;
    }
  }
}
