// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts messages into writes. A write is a few staged bytes (frame headers, short frames) and at
 * most one piece of a long body where it lies, so that the header leaves with the body's start and
 * no body byte is copied. The next write is prepared when the one before is done.
 */
final class FrameWriter {
  static final int STAGED_BYTES = 8192;
  private static final int SHORT_BYTES = 2048;
  private static final int LONGEST_HEADER = 9;
  private static final int MAX_SHORT = 255;

  private final int pieceBytes;
  private final Consumer<SharedMessage> onFlushed;
  private final ByteBuffer staged;
  private final Deque<byte[]> control = new ArrayDeque<>();
  private final Deque<SharedMessage> queue = new ArrayDeque<>();
  private final List<SharedMessage> endingHere = new ArrayList<>();

  /** Behind how many staged bytes each of those ends, if it does not end with the piece. */
  private int[] ends = new int[8];

  /** How many of them the owner has been told of. */
  private int told;

  private @Nullable SharedMessage current;
  private int index;
  private int pieceDone;
  private long frameLeft;
  private @Nullable ByteBuffer body;
  private @Nullable ByteBuffer piece;
  private int pieceLength;
  private long queuedBytes;
  private byte @Nullable [] pong;

  /**
   * Makes a writer.
   *
   * @param staged a direct buffer of {@link #STAGED_BYTES} for headers and short frames
   * @param pieceBytes how much of a body goes into one write at most
   * @param onFlushed told of each message when its last byte has been written
   */
  FrameWriter(ByteBuffer staged, int pieceBytes, Consumer<SharedMessage> onFlushed) {
    this.staged = staged;
    this.pieceBytes = pieceBytes;
    this.onFlushed = onFlushed;
  }

  /** Adds bytes that go before the next frame: a greeting, or the frame of a command. */
  void control(byte[] bytes) {
    control.addLast(bytes);
  }

  /** Sets the answer to the last PING; one that was not sent yet is replaced. */
  void pong(byte[] frame) {
    pong = frame;
  }

  /** Adds a message; the hold of the caller passes over. */
  void enqueue(SharedMessage message) {
    queue.addLast(message);
    queuedBytes += message.bytes();
  }

  /** {@return the messages that are not written whole} */
  int queued() {
    return queue.size() + begun();
  }

  /** {@return those of them that are batches, not commands} */
  int queuedBatches() {
    long waiting = queue.stream().filter(each -> !each.message().isCommand()).count();
    return begunBatches() + (int) waiting;
  }

  /** {@return batches that were begun and are not written whole} */
  int begunBatches() {
    long ending = untold().stream().filter(each -> !each.message().isCommand()).count();
    return (int) ending + (current == null || current.message().isCommand() ? 0 : 1);
  }

  private List<SharedMessage> untold() {
    return endingHere.subList(told, endingHere.size());
  }

  /** {@return batches of which no byte has been prepared} */
  int unbegunBatches() {
    return queuedBatches() - begunBatches();
  }

  /** {@return the bytes of messages that are not written whole} */
  long queuedBytes() {
    return queuedBytes;
  }

  /** {@return the newest message of which no byte has been prepared, taken off the queue} */
  @Nullable SharedMessage takeNewestUnbegun() {
    SharedMessage newest = queue.pollLast();
    if (newest != null) {
      queuedBytes -= newest.bytes();
    }
    return newest;
  }

  /**
   * {@return the oldest message of which no byte has been prepared and that may be dropped, taken
   * off the queue}
   */
  @Nullable SharedMessage takeOldestDroppable() {
    return takeDroppable(queue.iterator());
  }

  /** {@return the newest such message, taken off the queue} */
  @Nullable SharedMessage takeNewestDroppable() {
    return takeDroppable(queue.descendingIterator());
  }

  private @Nullable SharedMessage takeDroppable(Iterator<SharedMessage> each) {
    while (each.hasNext()) {
      SharedMessage message = each.next();
      if (message.message().patienceNanos() == 0) {
        each.remove();
        queuedBytes -= message.bytes();
        return message;
      }
    }
    return null;
  }

  /** {@return what was prepared to be written first} */
  ByteBuffer staged() {
    return staged;
  }

  /** {@return what was prepared to be written second, if there is anything} */
  @Nullable ByteBuffer piece() {
    return piece;
  }

  /** {@return the length of both; who writes moves the position of either} */
  int preparedBytes() {
    return staged.limit() + pieceLength;
  }

  /** Prepares the next write; false if there is nothing to write. */
  boolean prepare() {
    staged.clear();
    piece = null;
    pieceLength = 0;
    while (piece == null && step()) {
      // Each step stages something or finds the piece.
    }
    staged.flip();
    return staged.hasRemaining() || piece != null;
  }

  private boolean step() {
    if (frameLeft > 0) {
      return stageBody();
    }
    byte[] next = control.isEmpty() ? pong : control.peekFirst();
    if (next != null) {
      return stageControl(next);
    }
    SharedMessage message = current;
    if (message == null) {
      message = queue.pollFirst();
      if (message == null) {
        return false;
      }
      current = message;
      index = 0;
    }
    return startFrame(message.message());
  }

  private boolean stageControl(byte[] bytes) {
    if (staged.remaining() < bytes.length) {
      return false;
    }
    staged.put(bytes);
    if (control.isEmpty()) {
      pong = null;
    } else {
      control.removeFirst();
    }
    return true;
  }

  private boolean startFrame(Message message) {
    if (staged.remaining() < LONGEST_HEADER) {
      return false;
    }
    boolean single = message.isSingleFrame();
    long length = single ? message.byteSize() : message.piece(index).remaining();
    int more = single || index == message.pieceCount() - 1 ? 0 : FrameReader.MORE;
    more |= message.isCommand() ? FrameReader.COMMAND : 0;
    if (length <= MAX_SHORT) {
      staged.put((byte) more).put((byte) length);
    } else {
      staged.put((byte) (more | FrameReader.LONG)).putLong(length);
    }
    frameLeft = length;
    body = null;
    pieceDone = 0;
    if (length == 0) {
      index = single ? message.pieceCount() : index + 1;
      endIfWhole(message);
    }
    return true;
  }

  private boolean stageBody() {
    Message message = Objects.requireNonNull(current).message();
    ByteBuffer source = message.piece(index);
    int from = source.position() + pieceDone;
    int left = source.limit() - from;
    int count;
    if (left > SHORT_BYTES && source.isDirect()) {
      count = Math.min(left, pieceBytes);
      piece = windowOf(source, from, count);
      pieceLength = count;
    } else {
      count = Math.min(left, staged.remaining());
      if (count < left && left <= SHORT_BYTES) {
        return false;
      }
      staged.put(staged.position(), source, from, count).position(staged.position() + count);
    }
    frameLeft -= count;
    pieceDone += count;
    if (count == left) {
      nextPiece();
    }
    if (frameLeft == 0) {
      index = message.isSingleFrame() ? message.pieceCount() : index;
      endIfWhole(message);
    }
    return count == left || count > 0;
  }

  /** One view of a body serves for all of its pieces. */
  private ByteBuffer windowOf(ByteBuffer source, int from, int count) {
    ByteBuffer view = body;
    if (view == null) {
      view = source.duplicate();
      body = view;
    }
    return view.clear().limit(from + count).position(from);
  }

  private void nextPiece() {
    body = null;
    pieceDone = 0;
    index++;
  }

  private void endIfWhole(Message message) {
    if (index == message.pieceCount()) {
      if (endingHere.size() == ends.length) {
        ends = Arrays.copyOf(ends, 2 * ends.length);
      }
      ends[endingHere.size()] = piece == null ? staged.position() : STAGED_BYTES + 1;
      endingHere.add(Objects.requireNonNull(current));
      current = null;
    }
  }

  /** Tells that what was prepared has been written. */
  void written() {
    piece = null;
    flushed(endingHere.size());
    told = 0;
    endingHere.clear();
  }

  /** Tells how much of the staged bytes has been written, while the rest and the piece are not. */
  void stagedWritten(int bytes) {
    int whole = told;
    while (whole < endingHere.size() && ends[whole] <= bytes) {
      whole++;
    }
    flushed(whole);
  }

  private void flushed(int whole) {
    // Who is told may end the session, which discards the rest.
    while (told < Math.min(whole, endingHere.size())) {
      SharedMessage message = endingHere.get(told);
      told++;
      queuedBytes -= message.bytes();
      onFlushed.accept(message);
    }
  }

  /** {@return how many messages were begun and are not written whole} */
  int begun() {
    return endingHere.size() - told + (current == null ? 0 : 1);
  }

  /** Releases all that is held; nothing may be on its way to the kernel any more. */
  void discard() {
    untold().forEach(SharedMessage::release);
    endingHere.clear();
    told = 0;
    if (current != null) {
      current.release();
      current = null;
    }
    for (SharedMessage left = queue.pollFirst(); left != null; left = queue.pollFirst()) {
      left.release();
    }
    control.clear();
    queuedBytes = 0;
    frameLeft = 0;
    body = null;
    piece = null;
  }
}
