// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

/**
 * What senders tell of their streams, and what receivers tolerate. Immutable.
 *
 * @param extension whether multipart batches carry the header extension, which older peers ignore
 * @param checksum whether it has a checksum over the data, which receivers check
 * @param maxLost how many batches a subscriber to all topics may miss before receiving throws; -1
 *     for any number. Other receivers do not know what is lost, and cannot be opened with it
 */
public record StreamOptions(boolean extension, boolean checksum, long maxLost) {
  /** With extension, without checksum, any loss. */
  public static final StreamOptions DEFAULT = new StreamOptions(true, false, -1);

  /** {@return a copy with or without the extension} */
  public StreamOptions withExtension(boolean newExtension) {
    return new StreamOptions(newExtension, checksum, maxLost);
  }

  /** {@return a copy with or without checksums} */
  public StreamOptions withChecksum(boolean newChecksum) {
    return new StreamOptions(extension, newChecksum, maxLost);
  }

  /** {@return a copy that tolerates this} */
  public StreamOptions withMaxLost(long newMaxLost) {
    return new StreamOptions(extension, checksum, newMaxLost);
  }
}
