// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

/** A name that is being followed. Thread-safe. */
public interface Watch extends AutoCloseable {
  /** Hints that a look might find something new; it may be ignored or come later. */
  void refresh();

  /**
   * Reports that an endpoint could not be connected to, which asks for an early look, at most one a
   * second.
   */
  void reportUnreachable(Endpoint endpoint);

  /** {@return how the present state came about, for people; empty if there is nothing to tell} */
  String explain();

  /** Ends following; nothing is told afterwards on the thread of the context. Idempotent. */
  @Override
  void close();
}
