// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

// tag::provider
import io.tensorcom.discovery.Discoveries;
import io.tensorcom.discovery.DiscoveryContext;
import io.tensorcom.discovery.DiscoveryProvider;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.ServiceDiscovery;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A provider of one's own: names stand in a table. */
public final class TableDiscovery implements DiscoveryProvider {
  /** Stands for whatever knows where things are. */
  public static final Map<String, List<Endpoint>> TABLE = new ConcurrentHashMap<>();

  @Override
  public String name() {
    return "table"; // zsub://shards:7880?discovery=table
  }

  @Override
  public int priority() {
    return -1; // only when it is asked for; above 10 it would come before dns
  }

  @Override
  public ServiceDiscovery open(DiscoveryContext context) {
    return Discoveries.polling(
        context, Duration.ofSeconds(1), name -> TABLE.getOrDefault(name.host(), List.of()));
  }
}
// end::provider
