// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

/** The connection under a {@link Session}: it moves bytes when it is told that there are some. */
public interface Link {
  /** {@return the address of the other side, for people and statistics} */
  String peer();

  /** {@return how many bytes of a body one read should ask for at most} */
  int readWindowBytes();

  /** Tells that {@link Session#readTarget()} may answer something again. */
  void wakeReader();

  /**
   * Tells that {@link Session#nextWrite()} may answer true again, which is asked when no write is
   * under way and {@link Session#written()} has returned.
   */
  void wakeWriter();

  /**
   * {@return how many bytes of {@link Session#staged()} are written, while the write is under way;
   * a message that ends among them comes whole, though what follows it may not}
   */
  int stagedWritten();

  /** Sends no more; the other side sees the end after what was written. */
  void finish();

  /** Ends the connection at once. */
  void close();
}
