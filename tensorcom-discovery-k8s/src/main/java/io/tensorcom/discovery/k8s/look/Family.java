// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.AddressFamily;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.Set;
import org.xbill.DNS.Type;

/** A family of addresses, and the type of its records. */
public enum Family {
  /** A records. */
  IPV4,
  /** AAAA records. */
  IPV6;

  int type() {
    return this == IPV4 ? Type.A : Type.AAAA;
  }

  /** {@return the family of an address} */
  public static Family of(InetAddress address) {
    return address instanceof Inet4Address ? IPV4 : IPV6;
  }

  /** {@return the families to ask for} */
  public static Set<Family> wanted(AddressFamily policy, boolean noIpv6) {
    return switch (policy) {
      case IPV4 -> EnumSet.of(IPV4);
      case IPV6 -> EnumSet.of(IPV6);
      case AUTO, BOTH -> noIpv6 ? EnumSet.of(IPV4) : EnumSet.allOf(Family.class);
    };
  }
}
