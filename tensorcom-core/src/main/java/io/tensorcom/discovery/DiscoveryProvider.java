// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

/**
 * Opens a way to find endpoints; {@link java.util.ServiceLoader} finds it.
 *
 * <p>Implementations are stateless and thread-safe and have a public constructor without arguments.
 */
public interface DiscoveryProvider {
  /** {@return the name for the URL option {@code discovery}, for example {@code dns}} */
  String name();

  /**
   * {@return the rank among providers when a URL names none: the highest wins; below zero for one
   * that must be asked for by name}
   */
  int priority();

  /** Opens a discovery, which belongs to the caller, who closes it. */
  ServiceDiscovery open(DiscoveryContext context);
}
