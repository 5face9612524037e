// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static io.tensorcom.transport.netty.RawPeer.COMMAND;
import static io.tensorcom.transport.netty.RawPeer.LONG;
import static io.tensorcom.transport.netty.RawPeer.MORE;
import static io.tensorcom.transport.netty.RawPeer.bytes;
import static io.tensorcom.transport.netty.RawPeer.command;
import static io.tensorcom.transport.netty.RawPeer.frame;
import static io.tensorcom.transport.netty.RawPeer.greeting;
import static io.tensorcom.transport.netty.RawPeer.header;
import static io.tensorcom.transport.netty.RawPeer.join;
import static io.tensorcom.transport.netty.RawPeer.property;
import static io.tensorcom.transport.netty.RawPeer.ready;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a stranger may say to a PULL that takes messages of {@link #LIMIT} bytes. */
final class Nonsense {
  static final int LIMIT = 1 << 20;
  private static final byte[] NONE = {};

  private final String name;
  private final String reason;
  private final byte[] said;

  private Nonsense(String name, String reason, byte[] said) {
    this.name = name;
    this.reason = reason;
    this.said = said;
  }

  String name() {
    return name;
  }

  /** {@return why the connection must be closed, as it stands in statistics} */
  String reason() {
    return reason;
  }

  byte[] said() {
    return said.clone();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] handshake() {
    return join(greeting(), ready("PUSH"));
  }

  static List<Nonsense> all() {
    List<Nonsense> all = new ArrayList<>();
    strangers(all);
    handshakes(all);
    frames(all);
    commands(all);
    return all;
  }

  private static void add(List<Nonsense> all, String name, String reason, byte[]... said) {
    all.add(new Nonsense(name, reason, join(said)));
  }

  private static void strangers(List<Nonsense> all) {
    add(all, "HTTP", "not_zmtp", ascii("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    add(all, "TLS ClientHello", "not_zmtp", bytes(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3));
    add(all, "zeros", "not_zmtp", new byte[64]);
    byte[] unsigned = greeting();
    unsigned[9] = 0;
    add(all, "no signature", "not_zmtp", unsigned);
    for (int major = 0; major < 3; major++) {
      add(all, "ZMTP " + major, "downgrade_refused", greeting(major, 0, "NULL"));
    }
    add(all, "ZMTP 1.0", "downgrade_refused", bytes(1, 0));
    add(all, "PLAIN", "mechanism", greeting(3, 1, "PLAIN"));
    add(all, "NULL and garbage", "mechanism", greeting(3, 1, "NULLx"));
  }

  private static void handshakes(List<Nonsense> all) {
    byte[] type = property("Socket-Type", ascii("PUSH"));
    add(all, "READY without type", "metadata", greeting(), command("READY", NONE));
    add(all, "READY twice the type", "metadata", greeting(), command("READY", join(type, type)));
    add(all, "READY of a SUB", "incompatible", greeting(), ready("SUB"));
    add(all, "READY of an unknown type", "incompatible", greeting(), ready("PUSHER"));
    byte[] huge = join(bytes(1, 'x'), bytes(0x7f, 0xff, 0xff, 0xff), NONE);
    add(all, "value of 2^31-1", "metadata", greeting(), command("READY", join(type, huge)));
    byte[] negative = join(bytes(1, 'x'), bytes(0xff, 0xff, 0xff, 0xff));
    add(all, "value of -1", "metadata", greeting(), command("READY", join(type, negative)));
    byte[] past = join(bytes(1, 'x'), bytes(0, 0, 0, 9), ascii("short"));
    add(all, "value past the end", "metadata", greeting(), command("READY", join(type, past)));
    add(all, "trailing bytes", "metadata", greeting(), command("READY", join(type, bytes(3))));
    add(
        all,
        "length cut off",
        "metadata",
        greeting(),
        command("READY", join(type, bytes(1, 'x', 0))));
    add(all, "no name", "metadata", greeting(), command("READY", join(type, property("", NONE))));
    byte[][] many = new byte[64][];
    Arrays.setAll(many, i -> property("X-" + i, NONE));
    add(all, "65 properties", "metadata", greeting(), command("READY", join(type, join(many))));
    add(all, "READY of 9 kB", "command", greeting(), command("READY", new byte[9000]));
    add(all, "data before READY", "frame", greeting(), frame(0, ascii("data")));
    add(all, "SUBSCRIBE before READY", "frame", greeting(), command("SUBSCRIBE", NONE));
    add(all, "second READY", "frame", handshake(), ready("PUSH"));
    add(all, "ERROR", "peer_error", greeting(), command("ERROR", join(bytes(2), ascii("no"))));
  }

  private static void frames(List<Nonsense> all) {
    add(all, "reserved flags", "frame", handshake(), header(8, 1));
    add(all, "MORE on a command", "frame", handshake(), header(COMMAND | MORE, 1));
    for (long length :
        new long[] {1L << 62, 1L << 63, -1L, 0x800000007FFFFF00L, LIMIT + 1, 1L << 31}) {
      add(
          all,
          "length " + Long.toHexString(length),
          "size",
          handshake(),
          header(LONG, length),
          new byte[1000]);
    }
    byte[][] empty = new byte[300][];
    Arrays.fill(empty, header(MORE, 0));
    add(all, "endless empty frames", "frame_count", handshake(), join(empty));
    byte[][] large = new byte[20][];
    Arrays.fill(large, frame(MORE, new byte[100_000]));
    add(all, "endless large frames", "size", handshake(), join(large));
  }

  private static void commands(List<Nonsense> all) {
    add(all, "empty command", "command", handshake(), header(COMMAND, 0));
    add(all, "name of length 0", "command", handshake(), frame(COMMAND, bytes(0, 1, 2)));
    add(all, "name past the end", "command", handshake(), frame(COMMAND, bytes(9, 'P', 'I')));
    add(all, "command of 9 kB", "command", handshake(), command("X", new byte[9000]));
    add(all, "command of 2^63 bytes", "command", handshake(), header(COMMAND | LONG, 1L << 63));
    add(all, "PING of 6 bytes", "command", handshake(), command("PING", bytes(1)));
    add(
        all,
        "late ERROR",
        "peer_error",
        handshake(),
        command("ERROR", join(bytes(2), ascii("no"))));
    byte[] context = new byte[19];
    add(all, "PING with 17 bytes", "command", handshake(), command("PING", context));
  }
}
