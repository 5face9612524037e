// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import io.tensorcom.transport.SocketRole;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
  private static final int MORE = 1;
  private static final int LONG = 2;
  private static final int COMMAND = 4;

  /** How much a command may have, and a message to who receives none. */
  static final int MOST_COMMAND_BYTES = 8192;

  private static final int MOST_FRAMES = 256;
  private static final int MOST_SUBSCRIPTIONS = 1000;

  /** No message begins with it, and no subscription. */
  private static final byte UNHEARD = 7;

  private static final long[] HUGE = {
    14L << 20, Integer.MAX_VALUE, 1L << 31, 1L << 62, Long.MIN_VALUE, 0x800000007FFFFF00L, -1
  };

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
    Writer writer = new Writer(random, to, mostBytes);
    if (random.nextInt(6) == 0) {
      writer.shakeHandsBadly();
      return new SimSpeech(ByteBuffer.wrap(writer.bytes()), true, false);
    }
    writer.shakeHands();
    if (wantsAll) {
      writer.command("SUBSCRIBE", new byte[0]);
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      writer.talk();
    }
    if (random.nextInt(3) == 0) {
      byte[] whole = writer.bytes();
      byte[] said = random.nextBoolean() ? whole : writer.cut(whole);
      return new SimSpeech(ByteBuffer.wrap(said), false, said.length < 300);
    }
    boolean slow = random.nextInt(10) == 0;
    writer.offend(slow);
    return new SimSpeech(ByteBuffer.wrap(writer.bytes()), true, slow);
  }

  private static final class Writer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Random random;
    private final SocketRole to;
    private final int mostBytes;

    Writer(Random random, SocketRole to, int mostBytes) {
      this.random = random;
      this.to = to;
      this.mostBytes = mostBytes;
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    byte[] cut(byte[] whole) {
      return Arrays.copyOf(whole, random.nextInt(whole.length));
    }

    // ---- frames

    private void claim(int flags, long length) {
      out.write(flags);
      if ((flags & LONG) != 0) {
        out.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(length).array());
      } else {
        out.write((int) length);
      }
    }

    private void frame(int flags, byte[] body) {
      boolean isLong = body.length > 255 || random.nextInt(4) == 0;
      claim(flags | (isLong ? LONG : 0), body.length);
      out.writeBytes(body);
    }

    void command(String name, byte[] body) {
      ByteBuffer frame = ByteBuffer.allocate(1 + name.length() + body.length);
      frame.put((byte) name.length()).put(name.getBytes(StandardCharsets.US_ASCII)).put(body);
      frame(COMMAND, frame.array());
    }

    private byte[] some(int most) {
      byte[] bytes = new byte[random.nextInt(most + 1)];
      random.nextBytes(bytes);
      if (bytes.length > 0) {
        bytes[0] = UNHEARD;
      }
      return bytes;
    }

    // ---- the handshake

    private void greet(int major, String mechanism) {
      byte[] greeting = new byte[64];
      greeting[0] = (byte) 0xFF;
      greeting[9] = 0x7F;
      greeting[10] = (byte) major;
      greeting[11] = (byte) random.nextInt(2);
      System.arraycopy(mechanism.getBytes(StandardCharsets.US_ASCII), 0, greeting, 12, 4);
      out.writeBytes(greeting);
    }

    private void ready(String type) {
      ByteBuffer body = ByteBuffer.allocate(64);
      property(body, "Socket-Type", type);
      if (random.nextBoolean()) {
        property(body, "X-Tensorcom", "1");
      }
      byte[] bytes = new byte[body.flip().remaining()];
      body.get(bytes);
      command("READY", bytes);
    }

    private static void property(ByteBuffer body, String name, String value) {
      body.put((byte) name.length()).put(name.getBytes(StandardCharsets.US_ASCII));
      body.putInt(value.length()).put(value.getBytes(StandardCharsets.US_ASCII));
    }

    private String type() {
      return switch (to) {
        case PULL -> "PUSH";
        case PUSH -> "PULL";
        case PUB -> "SUB";
        case SUB -> "PUB";
      };
    }

    void shakeHands() {
      greet(3, "NULL");
      ready(type());
    }

    void shakeHandsBadly() {
      int how = random.nextInt(8);
      greet(how == 0 ? random.nextInt(3) : 3, how == 7 ? "NONE" : "NULL");
      switch (how) {
        case 1 -> frame(0, some(100));
        case 2 -> command("SUBSCRIBE", some(20));
        case 3 -> ready("DEALER");
        case 4 -> command("READY", new byte[] {11, 'S', 'o'});
        case 5 -> claim(COMMAND | LONG, HUGE[random.nextInt(HUGE.length)]);
        case 6 -> {
          // Silence in the middle of it.
          ready(type());
          byte[] part = cut(bytes());
          out.reset();
          out.writeBytes(part);
        }
        default -> {
          // The version was wrong, or the mechanism.
        }
      }
    }

    // ---- after it

    /** Says what is allowed, and useless. */
    void talk() {
      switch (random.nextInt(6)) {
        case 0 -> ping(1 + random.nextInt(random.nextInt(20) == 0 ? 2000 : 50));
        case 1 -> command("UNHEARD-OF", some(random.nextInt(10) == 0 ? 8000 : 100));
        case 2 -> command(random.nextBoolean() ? "PONG" : "X-TENSORCOM-END", some(40));
        case 3 -> command("CANCEL", some(300));
        case 4 -> subscribe(1 + random.nextInt(50));
        default -> message();
      }
    }

    private void ping(int count) {
      byte[] body = new byte[2 + random.nextInt(17)];
      for (int i = 0; i < count; i++) {
        command("PING", body);
      }
    }

    /** Subscriptions in both forms, of different topics that nothing is published under. */
    private void subscribe(int count) {
      for (int i = 0; i < count; i++) {
        byte[] topic = ByteBuffer.allocate(5).put(UNHEARD).putInt(i).array();
        if (to == SocketRole.PUB && random.nextBoolean()) {
          frame(0, ByteBuffer.allocate(6).put((byte) 1).put(topic).array());
        } else {
          command("SUBSCRIBE", topic);
        }
      }
    }

    /** A message that is as long as may be, with commands between its frames. */
    private void message() {
      int left = random.nextInt(4) == 0 ? mostBytes : 1000;
      for (int i = random.nextInt(4); i > 0; i--) {
        byte[] part = some(left);
        left -= part.length;
        frame(MORE, part);
        if (random.nextBoolean()) {
          ping(1);
        }
      }
      frame(0, some(left));
    }

    /** Says what ends the connection. */
    void offend(boolean slow) {
      if (slow || random.nextInt(4) == 0) {
        fallSilent();
        return;
      }
      switch (random.nextInt(to == SocketRole.PUB ? 12 : 10)) {
        case 0 -> claim(LONG, HUGE[random.nextInt(HUGE.length)]);
        case 1 -> claim(LONG | random.nextInt(2), mostBytes + 1L);
        case 2 -> claim(COMMAND | LONG, MOST_COMMAND_BYTES + 1L + random.nextInt(1000));
        case 3 -> floodMore();
        case 4 -> claim((1 + random.nextInt(31)) << 3 | random.nextInt(8), random.nextInt(256));
        case 5 -> claim(COMMAND | MORE, 10);
        case 6 -> frame(COMMAND, new byte[] {(byte) (random.nextBoolean() ? 0 : 200), 'X', 'Y'});
        case 7 -> ready(type());
        case 8 -> command("PING", new byte[random.nextBoolean() ? 1 : 19 + random.nextInt(5000)]);
        case 9 -> command("ERROR", some(20));
        case 10 -> subscribe(MOST_SUBSCRIPTIONS + 1);
        default -> command("SUBSCRIBE", new byte[256 + random.nextInt(2000)]);
      }
      out.writeBytes(some(200));
    }

    /** Too many frames, or too many bytes in them; a frame that has its own slab among them. */
    private void floodMore() {
      int most = random.nextBoolean() ? 0 : 1 + random.nextInt(600);
      int sum = 0;
      for (int i = 0; i <= MOST_FRAMES && sum <= mostBytes; i++) {
        byte[] part = some(most);
        sum += part.length;
        frame(MORE, part);
      }
    }

    /** Claims what is allowed, says a part of it, and no more; or promises a sign of life. */
    private void fallSilent() {
      switch (random.nextInt(4)) {
        case 0 -> command("PING", new byte[] {(byte) random.nextInt(2), (byte) 1});
        case 1 -> {
          claim(COMMAND, 2 + random.nextInt(200));
          out.write(1);
        }
        case 2 -> frame(MORE, some(1000));
        default -> {
          int claimed = 1 + random.nextInt(mostBytes);
          claim(LONG | random.nextInt(2), claimed);
          out.writeBytes(some(claimed - 1));
        }
      }
    }
  }
}
