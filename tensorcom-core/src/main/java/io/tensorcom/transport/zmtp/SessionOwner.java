// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The socket a session belongs to; called on the loop's thread only. */
interface SessionOwner {
  /** The peer has shaken hands, and may be sent to. */
  void onReady(Session session);

  /** A whole message came, which belongs to the owner. */
  void onMessage(Session session, Message message) throws ProtocolException;

  /** All that had come by now was read, or nothing more may be read. */
  default void onReadComplete() {}

  /** {@return whether the sums of a message's long frames are asked for, by its first frame} */
  default boolean wantsSums(ByteBuffer first) {
    return false;
  }

  /** The peer subscribed to a topic, or no longer wants it. */
  void onSubscription(Session session, boolean added, ByteBuffer topic) throws ProtocolException;

  /** The peer told an end; the data is valid during the call. */
  void onEnd(Session session, ByteBuffer data);

  /** A message was written whole; its hold belongs to the owner. */
  void onFlushed(Session session, SharedMessage message);

  /** The connection is gone; nothing follows. */
  void onClosed(Session session, @Nullable ProtocolException fault);
}
