// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Where a list of hosts and ports comes from. Used on the thread of lookups. */
interface EntrySource {
  /** Makes a source for each name that is watched. */
  interface Factory {
    /** {@return a source that is used by one thread at a time} */
    EntrySource make();
  }

  /**
   * {@return the entries for a name at this moment}
   *
   * @throws IOException if they cannot be read
   * @throws IllegalArgumentException if they make no sense
   */
  List<HostPort> entries(ServiceName name) throws IOException;

  /** {@return how long after one look the next is due} */
  Duration interval();

  /** Refuses a name that can never be found. */
  default void check(ServiceName name) {}
}
