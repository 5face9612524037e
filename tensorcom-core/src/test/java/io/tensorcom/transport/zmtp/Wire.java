// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** What ZMTP looks like on the wire, written down from RFC 37 and not from our own code. */
final class Wire {
  private static final int MORE = 1;
  private static final int LONG = 2;
  private static final int COMMAND = 4;

  private Wire() {}

  static byte[] greeting(int major, int minor, String mechanism) {
    ByteBuffer bytes = ByteBuffer.allocate(64);
    bytes.put((byte) 0xFF).position(9).put((byte) 0x7F).put((byte) major).put((byte) minor);
    bytes.put(ascii(mechanism));
    return bytes.array();
  }

  static byte[] greeting(int minor) {
    return greeting(3, minor, "NULL");
  }

  static byte[] ready(String socketType) {
    byte[] type = property("Socket-Type", socketType);
    boolean knowsEnds = List.of("PULL", "PUSH").contains(socketType);
    return command("READY", knowsEnds ? join(type, property("X-Tensorcom", "1")) : type);
  }

  static byte[] property(String name, String value) {
    ByteBuffer bytes = ByteBuffer.allocate(1 + name.length() + 4 + value.length());
    bytes.put((byte) name.length()).put(ascii(name)).putInt(value.length()).put(ascii(value));
    return bytes.array();
  }

  static byte[] command(String name, byte[] body) {
    return frame(COMMAND, join(new byte[] {(byte) name.length()}, ascii(name), body));
  }

  /** {@return the frames of a message} */
  static byte[] message(byte[]... bodies) {
    byte[] all = {};
    for (int i = 0; i < bodies.length; i++) {
      all = join(all, frame(i == bodies.length - 1 ? 0 : MORE, bodies[i]));
    }
    return all;
  }

  static byte[] frame(int flags, byte[] body) {
    ByteBuffer header = ByteBuffer.allocate(9);
    if (body.length > 255) {
      header.put((byte) (flags | LONG)).putLong(body.length);
    } else {
      header.put((byte) flags).put((byte) body.length);
    }
    byte[] bytes = new byte[header.flip().remaining()];
    header.get(bytes);
    return join(bytes, body);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** {@return bytes of which no two neighbours are the same} */
  static byte[] body(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (31 * i + length);
    }
    return bytes;
  }

  /** {@return a message to be sent, each piece a frame in direct memory} */
  static Message outbound(Runnable onRelease, byte[]... frames) {
    ByteBuffer[] pieces = new ByteBuffer[frames.length];
    for (int i = 0; i < frames.length; i++) {
      pieces[i] = ByteBuffer.allocateDirect(frames[i].length).put(frames[i]).flip();
    }
    return Message.outbound(pieces, false, onRelease);
  }

  /** {@return how events of tests show some bytes} */
  static String hex(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return hex(copy);
  }

  static String hex(byte[] bytes) {
    return bytes.length > 40
        ? bytes.length + " bytes, hash " + Arrays.hashCode(bytes)
        : HexFormat.of().formatHex(bytes);
  }
}
