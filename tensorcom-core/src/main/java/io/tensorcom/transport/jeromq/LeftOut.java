// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import java.lang.reflect.Field;
import java.util.Collection;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZMQ;
import zmq.socket.pubsub.Dist;
import zmq.socket.pubsub.XPub;

/**
 * Whether JeroMQ leaves out a subscriber. It does so with one that had no room for a message, until
 * there is some, and tells nobody; so this looks into its book. Where a version of JeroMQ keeps
 * another one, somebody counts as left out. On the socket's thread.
 */
final class LeftOut implements BooleanSupplier {
  private static final Logger LOG = LoggerFactory.getLogger(LeftOut.class);

  private final ZMQ.Socket socket;
  private @Nullable Object dist;
  private @Nullable Field pipes;
  private @Nullable Field eligible;

  LeftOut(ZMQ.Socket socket) {
    this.socket = socket;
    try {
      dist = open(XPub.class, "dist").get(socket.base());
      pipes = open(Dist.class, "pipes");
      eligible = open(Dist.class, "eligible");
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.debug("the end of an epoch waits its whole time once a message was dropped", e);
    }
  }

  private static Field open(Class<?> of, String name) throws ReflectiveOperationException {
    Field field = of.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  @Override
  public boolean getAsBoolean() {
    if (dist == null || pipes == null || eligible == null) {
      return true;
    }
    // That lets the socket hear of room.
    socket.getEvents();
    try {
      return pipes.get(dist) instanceof Collection<?> all && eligible.getInt(dist) < all.size();
    } catch (IllegalAccessException e) {
      return true;
    }
  }
}
