// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.DiscoveryContext;
import io.tensorcom.discovery.DiscoveryProvider;
import io.tensorcom.discovery.ServiceDiscovery;

/** The provider {@code dns}; its argument is that of {@link DnsSettings#parse}. */
public final class DnsDiscoveryProvider implements DiscoveryProvider {
  /** Made by {@link java.util.ServiceLoader}. */
  public DnsDiscoveryProvider() {}

  @Override
  public String name() {
    return "dns";
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public ServiceDiscovery open(DiscoveryContext context) {
    return DnsDiscovery.open(DnsSettings.parse(context.argument()), context);
  }
}
