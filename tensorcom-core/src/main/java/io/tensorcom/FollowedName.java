// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.DiscoveryException.Reason;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A name that is followed, and which of its endpoints are used: those of the lowest priority there
 * is. One that is no longer believed in is not used anew, but stays in use.
 */
final class FollowedName implements EndpointListener {
  private final ServiceName name;
  private final BiConsumer<FollowedName, @Nullable EndpointSnapshot> onLook;
  private volatile @Nullable Watch watch;
  private volatile @Nullable DiscoveryException failure;
  private volatile boolean answered;
  // Written in the mailbox of the membership.
  private volatile Map<TransportAddress, Endpoint> held = Map.of();

  /**
   * Makes a name that is not followed yet.
   *
   * @param onLook told of each look, with a snapshot or null, on the discovery's thread
   */
  FollowedName(ServiceName name, BiConsumer<FollowedName, @Nullable EndpointSnapshot> onLook) {
    this.name = name;
    this.onLook = onLook;
  }

  void begin(ServiceDiscovery discovery, Duration deadline) {
    watch = discovery.watch(name, deadline, this);
  }

  @Override
  public void onSnapshot(EndpointSnapshot snapshot) {
    answered = true;
    failure = null;
    onLook.accept(this, snapshot);
  }

  @Override
  public void onError(DiscoveryException newFailure) {
    failure = newFailure;
    onLook.accept(this, null);
  }

  ServiceName name() {
    return name;
  }

  Map<TransportAddress, Endpoint> held() {
    return held;
  }

  void hold(Map<TransportAddress, Endpoint> endpoints) {
    held = endpoints;
  }

  /** {@return the endpoints of a snapshot that are to be used from now on} */
  Map<TransportAddress, Endpoint> choose(EndpointSnapshot snapshot) {
    List<Endpoint> usable =
        snapshot.endpoints().stream()
            .filter(
                each ->
                    each.state() != Endpoint.State.EXPIRED || held.containsKey(Literals.of(each)))
            .toList();
    int lowest = usable.stream().mapToInt(Endpoint::priority).min().orElse(0);
    Map<TransportAddress, Endpoint> chosen = new LinkedHashMap<>();
    for (Endpoint each : usable) {
      if (each.priority() == lowest) {
        chosen.putIfAbsent(Literals.of(each), each);
      }
    }
    return chosen;
  }

  boolean isMissing() {
    return held.isEmpty();
  }

  void reportUnreachable(TransportAddress address) {
    Endpoint endpoint = held.get(address);
    Watch following = watch;
    if (endpoint != null && following != null) {
      following.reportUnreachable(endpoint);
    }
  }

  /** {@return why there are no endpoints, for programs} */
  Reason reason() {
    DiscoveryException last = failure;
    return last != null ? last.reason() : answered ? Reason.NOT_FOUND : Reason.TIMEOUT;
  }

  /** {@return why there are no endpoints, for people} */
  String explain() {
    Watch following = watch;
    String explanation = following == null ? "" : following.explain();
    if (!explanation.isBlank()) {
      return explanation;
    }
    DiscoveryException last = failure;
    String message = last == null ? null : last.getMessage();
    return message != null
        ? message
        : name + (answered ? " has no endpoints" : " has not been answered yet");
  }

  void close() {
    Watch following = watch;
    if (following != null) {
      following.close();
    }
  }
}
