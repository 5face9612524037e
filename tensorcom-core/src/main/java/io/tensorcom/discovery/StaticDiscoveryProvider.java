// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

/**
 * The provider {@code static}, of the argument {@code a:1,b:2}: the same endpoints for every name;
 * hosts are literal addresses, or names that the JVM is asked for.
 */
public final class StaticDiscoveryProvider implements DiscoveryProvider {
  /** Made by {@link java.util.ServiceLoader}. */
  public StaticDiscoveryProvider() {}

  @Override
  public String name() {
    return "static";
  }

  @Override
  public int priority() {
    return -1;
  }

  @Override
  public ServiceDiscovery open(DiscoveryContext context) {
    StaticSource source = new StaticSource(HostPort.parseList(context.argument()));
    return ListDiscovery.open(context, () -> source);
  }
}
