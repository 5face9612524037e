// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * What a stranger says, chosen by chance: nonsense, or a proper handshake with allowed but useless
 * talk behind it, and then most often something that no peer may say.
 *
 * @param unsaid all that is said, at position 0
 * @param isForbidden whether the socket must end the connection by itself
 * @param isSlow whether it comes byte by byte, one in a second
 */
record SimSpeech(ByteBuffer unsaid, boolean isForbidden, boolean isSlow) {
  private static final int LONGEST_SLOW = 3000;

  /** Bytes that are almost always wrong from the first on. */
  static SimSpeech nonsense(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(200)];
    random.nextBytes(bytes);
    return new SimSpeech(ByteBuffer.wrap(bytes), true, false);
  }

  /**
   * Chooses a speech for a socket.
   *
   * @param mostBytes how long a message to it may be
   * @param wantsAll whether a PUB is asked for all its messages
   */
  static SimSpeech choose(Random random, SocketRole to, int mostBytes, boolean wantsAll) {
    SimScript script = new SimScript(random, to, mostBytes);
    if (random.nextInt(6) == 0) {
      script.shakeHandsBadly();
      return of(script, true);
    }
    script.shakeHands();
    if (wantsAll) {
      script.command("SUBSCRIBE", new byte[0]);
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      script.talk();
    }
    if (random.nextInt(3) == 0) {
      byte[] whole = script.bytes();
      byte[] said = random.nextBoolean() ? whole : script.cut(whole);
      return new SimSpeech(ByteBuffer.wrap(said), false, said.length < 300);
    }
    boolean slow = random.nextInt(10) == 0 && script.bytes().length < LONGEST_SLOW;
    script.offend(slow);
    return new SimSpeech(ByteBuffer.wrap(script.bytes()), true, slow);
  }

  /** {@return exactly this speech} */
  static SimSpeech of(SimScript script, boolean isForbidden) {
    return new SimSpeech(ByteBuffer.wrap(script.bytes()), isForbidden, false);
  }
}
