// SPDX-License-Identifier: Apache-2.0

/**
 * From names to endpoints that are followed as they come and go: the service-provider interface.
 *
 * <p>A name is a set that changes. {@link io.tensorcom.discovery.ServiceDiscovery#watch} tells an
 * {@link io.tensorcom.discovery.EndpointListener} whole {@linkplain
 * io.tensorcom.discovery.EndpointSnapshot snapshots} of that set, until the {@link
 * io.tensorcom.discovery.Watch} is closed. A provider is found by {@link java.util.ServiceLoader}
 * as a {@link io.tensorcom.discovery.DiscoveryProvider}.
 *
 * <p>To use a discovery, start with {@link io.tensorcom.discovery.Discoveries#open(String,
 * AddressFamily)}; to write one, with {@link io.tensorcom.discovery.Discoveries#polling}.
 */
@NullMarked
package io.tensorcom.discovery;

import org.jspecify.annotations.NullMarked;
