// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tensorcom.transport.SocketRole;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Writes down what a stranger says: frames of ZMTP, right ones and wrong ones. */
final class SimScript {
  private static final int MORE = 1;
  private static final int LONG = 2;
  private static final int COMMAND = 4;

  /** How much a command may have, and a message to who receives none. */
  static final int MOST_COMMAND_BYTES = 8192;

  private static final int MOST_FRAMES = 256;
  private static final int MOST_SUBSCRIPTIONS = 1000;

  /** No message begins with it, and no subscription. */
  private static final byte UNHEARD = 7;

  /** What the data of a batch begin with that may be handed out. */
  static final byte GOOD = 'G';

  /** What the data of a batch begin with that must not. */
  static final byte BAD = 'B';

  private static final String END = "X-TENSORCOM-END";
  private static final long EXTENSION = 0x7e31_7478_6543_547eL;
  private static final int CHECKSUM = 4;

  private static final long[] HUGE = {
    14L << 20, Integer.MAX_VALUE, 1L << 31, 1L << 62, Long.MIN_VALUE, 0x800000007FFFFF00L, -1
  };

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Random random;
  private final SocketRole to;
  private final int mostBytes;

  SimScript(Random random, SocketRole to, int mostBytes) {
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

  void claim(int flags, long length) {
    out.write(flags);
    if ((flags & LONG) != 0) {
      out.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(length).array());
    } else {
      out.write((int) length);
    }
  }

  void raw(byte[] bytes) {
    out.writeBytes(bytes);
  }

  void frame(int flags, byte[] body) {
    boolean isLong = body.length > 255 || random.nextInt(4) == 0;
    claim(flags | (isLong ? LONG : 0), body.length);
    out.writeBytes(body);
  }

  void command(String name, byte[] body) {
    ByteBuffer frame = ByteBuffer.allocate(1 + name.length() + body.length);
    frame.put((byte) name.length()).put(name.getBytes(StandardCharsets.US_ASCII)).put(body);
    frame(COMMAND, frame.array());
  }

  byte[] some(int most) {
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
    if (receives() && random.nextInt(3) == 0) {
      tell();
      return;
    }
    switch (random.nextInt(6)) {
      case 0 -> ping(1 + random.nextInt(random.nextInt(20) == 0 ? 2000 : 50));
      case 1 -> command("UNHEARD-OF", some(random.nextInt(10) == 0 ? 8000 : 100));
      case 2 -> command(random.nextBoolean() ? "PONG" : END, some(40));
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

  // ---- streams

  private boolean receives() {
    return to == SocketRole.PULL || to == SocketRole.SUB;
  }

  private static ByteBuffer words(long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES).order(LITTLE_ENDIAN);
    for (long word : words) {
      bytes.putLong(word);
    }
    return bytes;
  }

  /** A batch of one tensor of bytes, and whatever words behind the dimensions of its header. */
  void batchWith(byte first, int bytes, long... extension) {
    long u1 = 'u' | '1' << Byte.SIZE;
    ByteBuffer header = ByteBuffer.allocate((4 + extension.length) * Long.BYTES);
    header.put(words(u1, 0, 1, bytes).array()).put(words(extension).array());
    frame(MORE, header.array());
    byte[] data = new byte[bytes];
    data[0] = first;
    frame(0, data);
  }

  /** A good batch, as far as a reader can know. */
  void batch(long stream, long sequence, long epoch, long index, long flags) {
    batchWith(GOOD, 300, EXTENSION, 12, stream, sequence, epoch, index, -1, -1, -1, flags, 0, 0);
  }

  /** A batch whose checksum is of another one. */
  void alteredBatch(long stream, long sequence) {
    batchWith(BAD, 300, EXTENSION, 12, stream, sequence, 0, sequence, -1, -1, -1, CHECKSUM, 0, 1);
  }

  /** A batch whose header claims other data than there are. */
  void lyingBatch(long claimed) {
    frame(MORE, words('u' | '1' << Byte.SIZE, 0, 1, claimed).array());
    frame(0, new byte[] {BAD});
  }

  /** What a pusher tells at the end of an epoch. */
  void end(long stream, long lastSequence, long epoch, long batches, boolean ofStream) {
    command(END, words(stream, lastSequence, epoch, batches, ofStream ? 1 : 0).array());
  }

  /** Tells of streams of its own what cannot all be true. */
  private void tell() {
    long stream = random.nextLong() | Long.MIN_VALUE;
    int count = random.nextInt(20) == 0 ? 1500 : 1 + random.nextInt(20);
    switch (random.nextInt(8)) {
      case 0 -> goBackwards(stream, count % 100);
      case 1 -> tellImpossible(stream);
      case 2 -> endWithoutEnd(stream, count);
      case 3 -> beginWithoutEnd(stream, count);
      case 4 -> end(stream + 1, random.nextLong(), random.nextLong(), count, random.nextBoolean());
      case 5 -> alteredBatch(stream, count);
      case 6 -> lyingBatch(HUGE[random.nextInt(HUGE.length)]);
      default -> end(stream, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, true);
    }
  }

  /** Sequences and epochs that sink, and come twice. */
  void goBackwards(long stream, int count) {
    for (int i = count; i >= 0; i--) {
      batch(stream, i / 2, i, count, 0);
    }
  }

  /** Words as large or as negative as they can be, the same number twice, an end in the middle. */
  void tellImpossible(long stream) {
    batch(stream, 5, 1, Long.MAX_VALUE, 0);
    batch(stream, Long.MAX_VALUE, Long.MAX_VALUE, 0, -1 & ~CHECKSUM);
    batch(stream, 3, 0, 4, 3);
    batch(stream, -1, -1, -1, 0);
    batch(stream, 3, 2, 1, 0);
    batchWith(GOOD, 300, EXTENSION, Long.MAX_VALUE, stream);
    end(stream, 2, 0, 1, true);
  }

  /** An epoch after another, of which no batch ever came. */
  void endWithoutEnd(long stream, int count) {
    for (int i = 0; i < count; i++) {
      end(stream, -1, i, 0, false);
    }
  }

  /** A stream after another, none of which goes on. */
  void beginWithoutEnd(long stream, int count) {
    for (int i = 0; i < count; i++) {
      end(stream + i, 9, 0, 10, random.nextBoolean());
    }
  }
}
