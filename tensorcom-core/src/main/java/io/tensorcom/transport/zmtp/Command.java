// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A ZMTP command and its frames (RFC 37).
 *
 * @param name for example {@code READY}
 * @param body what follows the name; borrowed
 */
record Command(String name, ByteBuffer body) {
  static final String READY = "READY";
  static final String ERROR = "ERROR";
  static final String SUBSCRIBE = "SUBSCRIBE";
  static final String CANCEL = "CANCEL";
  static final String PING = "PING";
  static final String PONG = "PONG";

  /** Tells a puller that an epoch or the stream is over; see the wire format. */
  static final String END = "X-TENSORCOM-END";

  /** Where in the data of an {@link #END} the little-endian word of flags begins. */
  private static final int END_FLAGS = 4 * Long.BYTES;

  private static final String KNOWS_ENDS = "x-tensorcom";

  private static final String SOCKET_TYPE = "socket-type";
  private static final int MAX_SHORT = 255;

  /** Reads the name; the rest is for whoever knows the command. The frame is at position 0. */
  static Command parse(ByteBuffer frame) throws ProtocolException {
    int length = frame.hasRemaining() ? frame.get(0) & 0xFF : 0;
    if (length == 0 || length >= frame.remaining()) {
      throw new ProtocolException(
          Refusal.COMMAND, "command name of " + length + " bytes in " + frame.remaining());
    }
    byte[] name = new byte[length];
    frame.slice(1, length).get(name);
    ByteBuffer body = frame.slice(1 + length, frame.remaining() - 1 - length);
    return new Command(new String(name, StandardCharsets.ISO_8859_1), body);
  }

  /** {@return the frame of a command} */
  static byte[] frame(String name, byte[] body) {
    int length = 1 + name.length() + body.length;
    boolean isLong = length > MAX_SHORT;
    ByteBuffer frame = ByteBuffer.allocate((isLong ? 9 : 2) + length);
    if (isLong) {
      frame.put((byte) (FrameReader.COMMAND | FrameReader.LONG)).putLong(length);
    } else {
      frame.put((byte) FrameReader.COMMAND).put((byte) length);
    }
    frame.put((byte) name.length()).put(name.getBytes(StandardCharsets.US_ASCII)).put(body);
    return frame.array();
  }

  /** {@return READY; a PUSH and a PULL say that they know {@link #END}} */
  static byte[] ready(SocketRole role) {
    ByteBuffer body = ByteBuffer.allocate(64);
    putProperty(body, "Socket-Type", role.name());
    if (role == SocketRole.PULL || role == SocketRole.PUSH) {
      putProperty(body, "X-Tensorcom", "1");
    }
    return frame(READY, Arrays.copyOf(body.array(), body.position()));
  }

  private static void putProperty(ByteBuffer body, String name, String value) {
    body.put((byte) name.length()).put(name.getBytes(StandardCharsets.US_ASCII));
    body.putInt(value.length()).put(value.getBytes(StandardCharsets.US_ASCII));
  }

  /** {@return the body of the frame of an {@link #END} with this data} */
  static ByteBuffer end(ByteBuffer data) {
    ByteBuffer body = ByteBuffer.allocate(1 + END.length() + data.remaining());
    body.put((byte) END.length()).put(END.getBytes(StandardCharsets.US_ASCII));
    return body.put(data.duplicate()).flip();
  }

  /** {@return whether an {@link #END} with this body says that nothing follows in its stream} */
  static boolean endsStream(ByteBuffer body) {
    int at = body.position() + 1 + END.length() + END_FLAGS;
    return at < body.limit() && (body.get(at) & 1) != 0;
  }

  /** {@return ERROR with a reason, cut to what the protocol can carry} */
  static byte[] error(String reason) {
    byte[] text = reason.getBytes(StandardCharsets.US_ASCII);
    int length = Math.min(text.length, MAX_SHORT);
    byte[] body = new byte[1 + length];
    body[0] = (byte) length;
    System.arraycopy(text, 0, body, 1, length);
    return frame(ERROR, body);
  }

  /** {@return PING that promises another sign of life within this many tenths of a second} */
  static byte[] ping(int ttlTenths) {
    return frame(PING, new byte[] {(byte) (ttlTenths >> 8), (byte) ttlTenths});
  }

  /** {@return a subscription in the form that a peer of this minor version understands} */
  static byte[] subscribe(byte[] topic, int minor) {
    if (minor > 0) {
      return frame(SUBSCRIBE, topic);
    }
    byte[] message = new byte[1 + topic.length];
    message[0] = 1;
    System.arraycopy(topic, 0, message, 1, topic.length);
    boolean isLong = message.length > MAX_SHORT;
    ByteBuffer frame = ByteBuffer.allocate((isLong ? 9 : 2) + message.length);
    if (isLong) {
      frame.put((byte) FrameReader.LONG).putLong(message.length);
    } else {
      frame.put((byte) 0).put((byte) message.length);
    }
    return frame.put(message).array();
  }

  /**
   * Checks the properties of READY and that the peer's socket type goes with ours.
   *
   * @return whether the peer knows {@link #END}
   */
  boolean checkReady(SocketRole role) throws ProtocolException {
    Set<String> seen = new HashSet<>();
    String type = null;
    ByteBuffer in = body.duplicate();
    while (in.hasRemaining()) {
      byte[] name = bytes(in, in.get() & 0xFF);
      if (name == null || name.length == 0 || in.remaining() < 4) {
        throw new ProtocolException(Refusal.METADATA, "property name past the end");
      }
      byte[] value = bytes(in, in.getInt());
      if (value == null) {
        throw new ProtocolException(Refusal.METADATA, "property value past the end");
      }
      String key = new String(name, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
      if (!seen.add(key) || seen.size() > Limits.READY_PROPERTIES) {
        throw new ProtocolException(
            Refusal.METADATA, "a property twice, or over " + Limits.READY_PROPERTIES);
      }
      if (key.equals(SOCKET_TYPE)) {
        type = new String(value, StandardCharsets.ISO_8859_1);
      }
    }
    if (type == null || type.length() > 16) {
      throw new ProtocolException(Refusal.METADATA, "no Socket-Type");
    }
    if (!Arrays.asList(peersOf(role)).contains(type)) {
      throw new ProtocolException(
          Refusal.INCOMPATIBLE, "peer's socket type is not " + String.join(" or ", peersOf(role)));
    }
    return seen.contains(KNOWS_ENDS);
  }

  private static byte @Nullable [] bytes(ByteBuffer in, int length) {
    if (length < 0 || length > in.remaining()) {
      return null;
    }
    byte[] value = new byte[length];
    in.get(value);
    return value;
  }

  private static String[] peersOf(SocketRole role) {
    return switch (role) {
      case PUSH -> new String[] {"PULL"};
      case PULL -> new String[] {"PUSH"};
      case PUB -> new String[] {"SUB", "XSUB"};
      case SUB -> new String[] {"PUB", "XPUB"};
    };
  }

  /** {@return the promise of a PING in tenths of a second, 0 for none} */
  int pingTtlTenths() throws ProtocolException {
    if (body.remaining() < 2 || body.remaining() > 2 + Limits.PING_CONTEXT_BYTES) {
      throw new ProtocolException(
          Refusal.COMMAND, "PING of " + body.remaining() + " bytes (expected: 2..18)");
    }
    return body.getShort(0) & 0xFFFF;
  }

  /** {@return the PONG that answers this PING} */
  byte[] pong() {
    byte[] context = new byte[body.remaining() - 2];
    body.slice(2, context.length).get(context);
    return frame(PONG, context);
  }

  /** {@return what an ERROR says, only printable characters of it} */
  String errorReason() {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i < body.remaining(); i++) {
      char c = (char) body.get(i);
      text.append(c >= ' ' && c < 127 ? c : '?');
    }
    return text.toString();
  }
}
