// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A peer that is no socket: it says its {@link SimSpeech}, whether it is read or not, hears what is
 * sent to it or does not, and leaves in time unless it said what must end the connection.
 */
public final class SimStranger {
  private static final String NAME = "stranger://";
  private static final int GREETING_BYTES = 64;
  private static final long LONGEST_STAY = TimeUnit.SECONDS.toNanos(90);

  private final SimSpeech speech;
  private final ByteBuffer unsaid;
  private final boolean deaf;
  private final boolean hasty;
  private final long stay;
  private long skip = GREETING_BYTES;
  private int lengthBytes;
  private long length;
  private int flags = -1;
  private int heard;
  private SimWire wire;

  SimStranger(Random random, SimSpeech speech) {
    this.speech = speech;
    unsaid = speech.unsaid();
    deaf = random.nextInt(3) == 0;
    hasty = !speech.isForbidden() && random.nextBoolean();
    stay = random.nextLong(LONGEST_STAY);
  }

  /** {@return whether a peer of this name is a stranger} */
  static boolean isNamed(String peer) {
    return peer.startsWith(NAME);
  }

  static String name(int number) {
    return NAME + number;
  }

  void arrived(SimWire at, SimWorld world) {
    wire = at;
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

  /** {@return whether it leaves as soon as it has said all} */
  boolean isHasty() {
    return hasty;
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
    return "%s, deaf=%s, hasty=%s".formatted(speech, deaf, hasty);
  }
}
