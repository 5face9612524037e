// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.util.Objects;

/**
 * What a discovery is opened with.
 *
 * @param thread where every callback of the discovery must run; it belongs to the caller
 * @param argument what the URL option says after the provider's name: {@code a:1,b:2} of {@code
 *     discovery=static:a:1,b:2}; else empty
 * @param family which addresses to use
 */
public record DiscoveryContext(DiscoveryThread thread, String argument, AddressFamily family) {
  /** Checks for null. */
  public DiscoveryContext {
    Objects.requireNonNull(thread, "thread");
    Objects.requireNonNull(argument, "argument");
    Objects.requireNonNull(family, "family");
  }
}
