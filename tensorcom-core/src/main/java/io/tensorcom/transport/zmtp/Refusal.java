// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.util.Locale;

/** Why a connection was ended by this side. */
public enum Refusal {
  /** The first bytes are not a ZMTP greeting. */
  NOT_ZMTP,
  /** The peer speaks ZMTP 1 or 2. */
  DOWNGRADE_REFUSED,
  /** The peer wants a mechanism other than NULL. */
  MECHANISM,
  /** READY is malformed. */
  METADATA,
  /** The peer's socket type does not go with ours. */
  INCOMPATIBLE,
  /** The handshake was not done in time. */
  HANDSHAKE_TIMEOUT,
  /** The peer sent ERROR. */
  PEER_ERROR,
  /** Flags or order of frames against the protocol. */
  FRAME,
  /** A frame or message is larger than allowed. */
  SIZE,
  /** A message has more frames than allowed. */
  FRAME_COUNT,
  /** A command is malformed. */
  COMMAND,
  /** More or longer subscriptions than allowed. */
  SUBSCRIPTIONS,
  /** A message was begun and did not go on. */
  STALLED,
  /** The peer promised to be heard of and was not. */
  SILENT,
  /** A subscriber took nothing for longer than configured. */
  NOT_READING,
  /** The content of a message is not a batch. */
  MALFORMED_BATCH;

  /** {@return the name as it stands in statistics and logs, for example {@code not_zmtp}} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
