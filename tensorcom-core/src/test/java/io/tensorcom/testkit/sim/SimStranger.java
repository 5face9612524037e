// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A peer that is no socket, whoever of the two connected: it says its {@link SimSpeech}, whether it
 * is read or not, hears what is sent to it or does not, and leaves in time unless it said what must
 * end the connection.
 */
public final class SimStranger {
  /** How it goes away by itself. */
  enum Departure {
    /** In time. */
    LATER,
    /** As soon as it has said all. */
    HASTY,
    /** Soon after, and what is on its way is lost. */
    RESET
  }

  private static final String NAME = "stranger://";
  private static final int GREETING_BYTES = 64;
  private static final int LONGEST_PAUSE = 1_000_000;
  private static final long LONGEST_STAY = TimeUnit.SECONDS.toNanos(90);

  private final SimSpeech speech;
  private final ByteBuffer unsaid;
  private final boolean deaf;
  private final Departure departure;
  private final long stay;
  private long skip = GREETING_BYTES;
  private int lengthBytes;
  private long length;
  private int flags = -1;
  private int heard;
  private String name = NAME;
  private SimWire wire;
  private SimWorld world;

  SimStranger(Random random, SimSpeech speech) {
    this.speech = speech;
    unsaid = speech.unsaid();
    deaf = random.nextInt(3) == 0;
    boolean hasty = !speech.isForbidden() && random.nextBoolean();
    boolean rude = random.nextBoolean();
    departure = !hasty ? Departure.LATER : rude ? Departure.RESET : Departure.HASTY;
    stay = random.nextLong(LONGEST_STAY);
  }

  /** Makes one that hears what it is sent, and leaves like this. */
  SimStranger(SimSpeech speech, Departure departure) {
    this.speech = speech;
    this.departure = departure;
    unsaid = speech.unsaid();
    deaf = false;
    stay = LONGEST_STAY;
  }

  /** {@return whether a peer of this name is a stranger} */
  static boolean isNamed(String peer) {
    return peer.startsWith(NAME);
  }

  /** {@return whether it was connected to, and did not connect} */
  boolean isHost() {
    return name.startsWith(NAME + "tcp");
  }

  /** {@return its name as a peer} */
  String name() {
    return name;
  }

  /**
   * Is connected.
   *
   * @param where its address, or a number if it has none
   */
  void arrived(Object where, SimWire at, SimWorld in) {
    name = NAME + where;
    wire = at;
    world = in;
    if (!speech.isForbidden()) {
      world.schedule(stay, at::leave);
    }
  }

  /** {@return what is still to be said; it is said whenever there is room} */
  ByteBuffer unsaid() {
    return unsaid;
  }

  boolean isSlow() {
    return speech.isSlow();
  }

  /** {@return whether it reads nothing of what is sent to it} */
  boolean isDeaf() {
    return deaf;
  }

  /** Has said all. */
  void finished() {
    switch (departure) {
      case LATER -> {}
      case HASTY -> wire.leave();
      case RESET -> world.schedule(world.random().nextInt(LONGEST_PAUSE), wire::reset);
    }
  }

  boolean isForbidden() {
    return speech.isForbidden();
  }

  /** {@return whether the socket has ended the connection} */
  boolean isGone() {
    return wire.isRefused();
  }

  /** {@return messages that were sent to it whole, as far as the kernel is concerned} */
  int messages() {
    return heard;
  }

  /** Follows the frames of what is sent to it. */
  void sent(byte[] bytes, int from, int count) {
    int at = from;
    int end = from + count;
    while (at < end) {
      if (skip > 0) {
        int step = (int) Math.min(skip, end - at);
        at += step;
        skip -= step;
        endFrame();
      } else if (flags < 0) {
        flags = bytes[at++];
        lengthBytes = (flags & 2) != 0 ? Long.BYTES : 1;
        length = 0;
      } else {
        length = length << Byte.SIZE | (bytes[at++] & 0xFF);
        if (--lengthBytes == 0) {
          skip = length;
          endFrame();
        }
      }
    }
  }

  private void endFrame() {
    if (skip == 0 && flags >= 0) {
      heard += (flags & 5) == 0 ? 1 : 0;
      flags = -1;
    }
  }

  @Override
  public String toString() {
    return "%s, deaf=%s, departure=%s".formatted(speech, deaf, departure);
  }
}
