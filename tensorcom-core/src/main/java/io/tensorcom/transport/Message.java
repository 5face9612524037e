// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import io.tensorcom.tensor.Lease;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All frames of one batch. A message is made by whoever has the memory and released by whoever
 * consumes it, once; it is delivered whole or not at all.
 *
 * <p>An outbound message is a list of pieces. Either each piece is a frame, or all of them together
 * are one frame ({@link #isSingleFrame()}), so that a transport that can gather needs no copy. In
 * an inbound message each piece is a frame, and those in leased memory have a {@link #lease(int)}.
 *
 * <p>Not thread-safe, except for {@link #release()}.
 */
public final class Message {
  /** What {@link #frameSum} says when it does not know. */
  public static final long NO_SUM = -1;

  private static final AtomicIntegerFieldUpdater<Message> RELEASED =
      AtomicIntegerFieldUpdater.newUpdater(Message.class, "released");

  private final ByteBuffer[] pieces;
  private final @Nullable Lease[] leases;
  private final boolean singleFrame;
  private final String peer;
  private final @Nullable Runnable onRelease;
  private @Nullable Consumer<? super Message> recycler;
  private long @Nullable [] frameSums;
  private boolean command;
  private long patienceNanos;
  private @Nullable ByteBuffer end;
  private volatile int released;

  private Message(
      ByteBuffer[] pieces,
      @Nullable Lease[] leases,
      boolean singleFrame,
      String peer,
      @Nullable Runnable onRelease) {
    this.pieces = pieces;
    this.leases = leases;
    this.singleFrame = singleFrame;
    this.peer = peer;
    this.onRelease = onRelease;
  }

  /**
   * Makes a message to be sent. The pieces are borrowed until {@code onRelease} runs.
   *
   * @param pieces each from position 0 to its limit
   * @param singleFrame whether the pieces together are one frame
   * @param onRelease runs once when no piece is needed any more; must not block or throw
   */
  public static Message outbound(ByteBuffer[] pieces, boolean singleFrame, Runnable onRelease) {
    return new Message(pieces, new Lease[pieces.length], singleFrame, "", onRelease);
  }

  /**
   * Makes a message that was received.
   *
   * @param frames the frames, each from position 0 to its limit
   * @param leases for each frame the lease it fills, whose hold the message takes over, or null for
   *     memory on the heap
   * @param peer the address it came from, for messages to people; empty if unknown
   */
  public static Message inbound(
      List<ByteBuffer> frames, List<? extends @Nullable Lease> leases, String peer) {
    return new Message(
        frames.toArray(new ByteBuffer[frames.size()]),
        leases.toArray(new Lease[leases.size()]),
        false,
        peer,
        null);
  }

  /**
   * Names who takes the frames on the heap back: it is told of this message in its release, after
   * the leases have been given back.
   *
   * @return this
   */
  public Message withRecycler(Consumer<? super Message> frames) {
    recycler = frames;
    return this;
  }

  /**
   * Tells what {@link #frameSum} is to say of each piece.
   *
   * @param sums belongs to the message from now on
   */
  public void withFrameSums(long[] sums) {
    frameSums = sums;
  }

  /** {@return the CRC32C of a piece if it was made as the message came, else {@link #NO_SUM}} */
  public long frameSum(int index) {
    return frameSums == null ? NO_SUM : frameSums[index];
  }

  /**
   * Makes a command that goes to peers behind the messages before it: an end that is told.
   *
   * @param frame the command's frame body: name and data
   */
  public static Message outboundCommand(ByteBuffer frame) {
    Message message = outbound(new ByteBuffer[] {frame}, true, () -> {});
    message.command = true;
    return message;
  }

  /** Makes a command that was received: its data, without the name. */
  public static Message inboundCommand(ByteBuffer data, String peer) {
    Message message = new Message(new ByteBuffer[] {data}, new Lease[1], false, peer, null);
    message.command = true;
    return message;
  }

  /** {@return whether it is a command, not a batch} */
  public boolean isCommand() {
    return command;
  }

  /**
   * Says that no policy may drop it before a slow peer was waited for so long.
   *
   * @return this
   */
  public Message withPatience(long nanos) {
    patienceNanos = nanos;
    return this;
  }

  /** {@return how long a slow peer is waited for; 0 for what the socket's policy says} */
  public long patienceNanos() {
    return patienceNanos;
  }

  /**
   * Says that an epoch is over behind this message, or the stream. A PUSH takes both or neither,
   * and tells all its peers: of an epoch behind what they were given of it, of the stream behind
   * what any peer was given, and also those that come later. Nothing is told where the transport
   * has no means.
   *
   * @param notice as the wire format says
   * @return this
   */
  public Message withEnd(ByteBuffer notice) {
    end = notice;
    return this;
  }

  /** {@return what is to be told behind it, or null} */
  public @Nullable ByteBuffer end() {
    return end;
  }

  /** {@return the number of pieces} */
  public int pieceCount() {
    return pieces.length;
  }

  /** {@return a piece, borrowed until the release; its position must not be moved} */
  public ByteBuffer piece(int index) {
    return pieces[index];
  }

  /** {@return whether the first piece begins with what remains of this buffer, a topic} */
  public boolean startsWith(ByteBuffer topic) {
    int end = topic.mismatch(pieces[0]);
    return end < 0 || end == topic.remaining();
  }

  /** {@return whether all pieces together are one frame} */
  public boolean isSingleFrame() {
    return singleFrame;
  }

  /** {@return the lease that a received frame fills, borrowed, or null} */
  public @Nullable Lease lease(int index) {
    return leases[index];
  }

  /** Transfers the lease of a received frame to the caller, who must release it. */
  public @Nullable Lease takeLease(int index) {
    Lease lease = leases[index];
    leases[index] = null;
    return lease;
  }

  /** {@return the address the message came from, or an empty string} */
  public String peer() {
    return peer;
  }

  /** {@return the sum of all pieces in bytes} */
  public long byteSize() {
    long sum = 0;
    for (ByteBuffer piece : pieces) {
      sum += piece.remaining();
    }
    return sum;
  }

  /** Gives back what the message holds, once; later calls do nothing. */
  public void release() {
    if (released != 0 || !RELEASED.compareAndSet(this, 0, 1)) {
      return;
    }
    for (Lease lease : leases) {
      if (lease != null) {
        lease.release();
      }
    }
    if (onRelease != null) {
      onRelease.run();
    }
    if (recycler != null) {
      recycler.accept(this);
    }
  }
}
