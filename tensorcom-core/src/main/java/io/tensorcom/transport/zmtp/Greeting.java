// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.nio.charset.StandardCharsets;

/** The first 64 bytes of each side: signature, version, mechanism (RFC 37, section "Greeting"). */
final class Greeting {
  static final int LENGTH = 64;

  private static final int SIGNATURE_END = 9;
  private static final int MAJOR = 10;
  private static final int MINOR = 11;
  private static final int MECHANISM = 12;
  private static final int MECHANISM_LENGTH = 20;

  private Greeting() {}

  /** {@return the greeting of this side: version 3.1, mechanism NULL} */
  static byte[] ours() {
    byte[] bytes = new byte[LENGTH];
    bytes[0] = (byte) 0xFF;
    bytes[SIGNATURE_END] = 0x7F;
    bytes[MAJOR] = 3;
    bytes[MINOR] = 1;
    byte[] name = "NULL".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, bytes, MECHANISM, name.length);
    return bytes;
  }

  /**
   * Checks what has arrived so far, so that a stranger is sent away at its first wrong byte. The
   * padding is not checked: libzmq keeps a length there for the oldest protocol.
   */
  static void check(byte[] bytes, int count) throws ProtocolException {
    if (count >= 2 && bytes[0] == 1 && bytes[1] == 0) {
      throw new ProtocolException(Refusal.DOWNGRADE_REFUSED, "ZMTP 1.0 greeting");
    }
    boolean maybeOldest = count == 1 && bytes[0] == 1;
    if (count >= 1 && bytes[0] != (byte) 0xFF && !maybeOldest) {
      throw new ProtocolException(
          Refusal.NOT_ZMTP, "first byte " + (bytes[0] & 0xFF) + " (expected: 255)");
    }
    if (count > SIGNATURE_END && (bytes[SIGNATURE_END] & 1) == 0) {
      throw new ProtocolException(Refusal.NOT_ZMTP, "no signature");
    }
    if (count > MAJOR && (bytes[MAJOR] & 0xFF) < 3) {
      throw new ProtocolException(
          Refusal.DOWNGRADE_REFUSED, "ZMTP major version " + (bytes[MAJOR] & 0xFF));
    }
    byte[] ours = ours();
    int end = Math.min(count, MECHANISM + MECHANISM_LENGTH);
    for (int i = MECHANISM; i < end; i++) {
      if (bytes[i] != ours[i]) {
        throw new ProtocolException(Refusal.MECHANISM, "mechanism is not NULL");
      }
    }
  }

  /** {@return the rules the peer follows: 0 for ZMTP 3.0, 1 for 3.1 and whatever comes after} */
  static int minor(byte[] greeting) {
    return (greeting[MAJOR] & 0xFF) == 3 && greeting[MINOR] == 0 ? 0 : 1;
  }
}
