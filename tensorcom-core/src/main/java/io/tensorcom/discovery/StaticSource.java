// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.time.Duration;
import java.util.List;

/** A list that never changes; the addresses of its names may. */
record StaticSource(List<HostPort> list) implements EntrySource {
  private static final Duration NAMES = Duration.ofSeconds(10);
  private static final Duration LITERALS = Duration.ofDays(1);

  @Override
  public List<HostPort> entries(ServiceName name) {
    return list;
  }

  @Override
  public Duration interval() {
    return list.stream().allMatch(each -> HostLookup.isLiteral(each.host())) ? LITERALS : NAMES;
  }
}
