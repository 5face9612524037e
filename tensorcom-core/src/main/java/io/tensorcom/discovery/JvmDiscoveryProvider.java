// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

/**
 * The provider {@code jvm}: the resolver of the JVM, asked again every ten seconds. The last
 * resort.
 */
public final class JvmDiscoveryProvider implements DiscoveryProvider {
  /** Made by {@link java.util.ServiceLoader}. */
  public JvmDiscoveryProvider() {}

  @Override
  public String name() {
    return "jvm";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public ServiceDiscovery open(DiscoveryContext context) {
    return ListDiscovery.open(context, JvmResolver::new);
  }
}
