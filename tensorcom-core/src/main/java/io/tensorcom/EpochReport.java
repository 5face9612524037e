// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.List;

/**
 * How an epoch ended. Immutable.
 *
 * @param epoch counted by the receiver from 0, -1 before the first has ended
 * @param batches that were handed out
 * @param end why it is over
 * @param unfinished addresses of senders that had not told the end
 * @param gone addresses of senders that went away in the middle, each in one report
 */
public record EpochReport(
    long epoch, long batches, End end, List<String> unfinished, List<String> gone) {
  /** Why an epoch is over. */
  public enum End {
    /** All senders that are there told so. */
    TOLD,
    /** Nothing came from those that had not told so, for as long as the reader allows. */
    SILENCE
  }

  /** Copies the lists. */
  public EpochReport {
    unfinished = List.copyOf(unfinished);
    gone = List.copyOf(gone);
  }
}
