// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.io.IOException;
import java.util.List;

/** One look at what is behind a name, for {@link Discoveries#polling}. */
public interface EndpointLook {
  /**
   * {@return all endpoints behind a name at this moment; none is a fact, not a failure} It may
   * block.
   *
   * @throws IOException if nobody could be asked
   * @throws DiscoveryException if it failed for a reason that is known
   */
  List<Endpoint> look(ServiceName name) throws IOException;
}
