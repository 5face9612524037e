// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.tensor.Lease;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads ZMTP frames (RFC 37, section "Framing") and gathers those of a message.
 *
 * <p>Bytes come in two ways: through {@link #consume}, from a scratch buffer, and for long bodies
 * through {@link #window()}, which is a part of the slab that the body ends up in. Nothing is
 * allocated for a length that a peer only claims: a body is kept in a small heap buffer until
 * {@link Limits#PROBATION_BYTES} of it have arrived, unless the peer has completed a message at
 * least half as long before.
 */
final class FrameReader {
  static final int MORE = 1;
  static final int LONG = 2;
  static final int COMMAND = 4;

  /** Dtype, rank and one dimension, a word each. */
  private static final int SHORTEST_HEADER = 24;

  private static final byte[] NONE = {};

  /** Who is told of what was read. */
  interface Listener {
    /** A command, at position 0 of its buffer; borrowed. */
    void onCommand(ByteBuffer frame) throws ProtocolException;

    /** {@return whether the sums of a message's long frames are asked for, by its first frame} */
    default boolean wantsSums(ByteBuffer first) {
      return false;
    }

    /** A whole message, which belongs to the listener. */
    void onMessage(Message message) throws ProtocolException;
  }

  private enum State {
    FLAGS,
    LENGTH,
    BODY
  }

  private final class BodyClaim extends MemoryGate.Claim {
    @Override
    void granted(Lease granted) {
      waitsForMemory = false;
      startLease(granted);
      onMemory.run();
    }
  }

  private final long maxMessageBytes;
  private final int maxFrames;
  private final int windowBytes;
  private final String peer;
  private final Listener listener;
  private final @Nullable MemoryGate gate;
  private final Runnable onMemory;
  private final BodyClaim claim = new BodyClaim();
  private final @Nullable ShortFrames shortFrames;
  private final List<ByteBuffer> frames = new ArrayList<>(4);
  private final List<@Nullable Lease> leases = new ArrayList<>(4);
  private final FrameSums sums = new FrameSums();

  private State state = State.FLAGS;
  private int flags;
  private int lengthBytesLeft;
  private long length;
  private int filled;
  private long messageBytes;
  private long largestCompleted;
  private long completed;
  private byte @Nullable [] heap;
  private @Nullable ByteBuffer shortFrame;
  private @Nullable Lease lease;
  private @Nullable ByteBuffer slab;
  private boolean waitsForMemory;
  private boolean paused;

  /**
   * Makes a reader.
   *
   * @param gate where long bodies get their memory; null where only short ones are allowed
   * @param onMemory runs when memory that was waited for has come
   */
  FrameReader(
      long maxMessageBytes,
      int maxFrames,
      int windowBytes,
      String peer,
      Listener listener,
      @Nullable MemoryGate gate,
      Runnable onMemory) {
    this.maxMessageBytes = maxMessageBytes;
    this.maxFrames = maxFrames;
    this.windowBytes = windowBytes;
    this.peer = peer;
    this.listener = listener;
    this.gate = gate;
    this.shortFrames = gate == null ? null : gate.shortFrames();
    this.onMemory = onMemory;
  }

  /** {@return whether nothing can be taken now: memory is awaited, or the owner paused us} */
  boolean isPaused() {
    return waitsForMemory || paused;
  }

  /** Stops before the next frame, or goes on. */
  void pause(boolean newPaused) {
    this.paused = newPaused;
  }

  /** {@return whether a message has been begun and is not complete} */
  boolean isInsideMessage() {
    return state != State.FLAGS || !frames.isEmpty();
  }

  /** {@return where the next bytes of a long body go, or null: then to a scratch buffer} */
  @Nullable ByteBuffer window() {
    ByteBuffer target = slab;
    if (target == null) {
      return null;
    }
    target.limit((int) Math.min(length, (long) filled + windowBytes)).position(filled);
    return target;
  }

  /** {@return how many bytes of a long body are still to come into the window; 0 without one} */
  long awaitedBytes() {
    return slab == null ? 0 : length - filled;
  }

  /** Tells that this many bytes were put into the window. */
  void advance(int count) throws ProtocolException {
    filled += count;
    if (slab != null) {
      // Now they are in the processor's cache.
      sums.upTo(slab, filled);
    }
    if (filled == length) {
      endFrame();
    }
  }

  /** Takes bytes until there are none, or {@link #isPaused()}. */
  void consume(ByteBuffer in) throws ProtocolException {
    while (in.hasRemaining() && !isPaused()) {
      switch (state) {
        case FLAGS -> startFrame(in.get() & 0xFF);
        case LENGTH -> readLength(in);
        case BODY -> readBody(in);
      }
    }
  }

  private void startFrame(int newFlags) throws ProtocolException {
    flags = newFlags;
    if ((flags & ~(MORE | LONG | COMMAND)) != 0) {
      throw new ProtocolException(Refusal.FRAME, "reserved flag bits: " + flags);
    }
    if ((flags & COMMAND) != 0 && (flags & MORE) != 0) {
      throw new ProtocolException(Refusal.FRAME, "a command with more frames");
    }
    lengthBytesLeft = (flags & LONG) != 0 ? 8 : 1;
    length = 0;
    state = State.LENGTH;
  }

  private void readLength(ByteBuffer in) throws ProtocolException {
    while (lengthBytesLeft > 0 && in.hasRemaining()) {
      length = (length << 8) | (in.get() & 0xFF);
      lengthBytesLeft--;
    }
    if (lengthBytesLeft > 0) {
      return;
    }
    checkLength();
    state = State.BODY;
    filled = 0;
    if (length == 0) {
      endFrame();
    }
  }

  /** Believes nothing: the length is unsigned, and may be anything. */
  private void checkLength() throws ProtocolException {
    if ((flags & COMMAND) != 0) {
      if (length < 0 || length > Limits.COMMAND_BYTES) {
        throw new ProtocolException(
            Refusal.COMMAND, "command of " + Long.toUnsignedString(length) + " bytes");
      }
      return;
    }
    if (length < 0 || length > maxMessageBytes - messageBytes || length > Integer.MAX_VALUE) {
      throw new ProtocolException(
          Refusal.SIZE,
          "frame of "
              + Long.toUnsignedString(length)
              + " bytes (expected: <= "
              + (maxMessageBytes - messageBytes)
              + ")");
    }
    if (frames.size() >= maxFrames) {
      throw new ProtocolException(Refusal.FRAME_COUNT, "more than " + maxFrames + " frames");
    }
  }

  private void readBody(ByteBuffer in) throws ProtocolException {
    if (slab == null && heap == null && needsSlab() && isKnown()) {
      requestMemory();
      return;
    }
    if (shortFrames != null && shortFrame == null && mayBeHeader()) {
      shortFrame = shortFrames.take();
    }
    ByteBuffer whole = slab != null ? slab : shortFrame;
    if (whole != null) {
      int count = Math.min(in.remaining(), (int) length - filled);
      whole.clear().put(filled, in, in.position(), count);
      in.position(in.position() + count);
      filled += count;
    } else {
      byte[] target = heapWithRoom();
      int count = Math.min(in.remaining(), target.length - filled);
      in.get(target, filled, count);
      filled += count;
    }
    if (slab == null && needsSlab() && filled == Math.min(length, Limits.PROBATION_BYTES)) {
      requestMemory();
    } else if (filled == length) {
      endFrame();
    }
  }

  /** Smaller frames get what they need: many of them may wait in a queue. */
  private boolean mayBeHeader() {
    return length >= SHORTEST_HEADER && length <= Limits.HEAP_BYTES && (flags & COMMAND) == 0;
  }

  private boolean needsSlab() {
    return gate != null && length > Limits.HEAP_BYTES && (flags & COMMAND) == 0;
  }

  /** Makes room for a stranger's bytes as they come, never more than twice what has come. */
  private byte[] heapWithRoom() {
    byte[] old = heap;
    if (old != null && filled < old.length) {
      return old;
    }
    int size = old == null ? Limits.HEAP_BYTES : 2 * old.length;
    byte[] grown = new byte[(int) Math.min(size, length)];
    if (old != null) {
      System.arraycopy(old, 0, grown, 0, filled);
    }
    heap = grown;
    return grown;
  }

  /** {@return whether the peer has completed a message at least half as long before} */
  private boolean isKnown() {
    return length <= 2 * largestCompleted;
  }

  private void requestMemory() throws ProtocolException {
    waitsForMemory = true;
    claim.setKnown(isKnown());
    Lease granted = Objects.requireNonNull(gate).request(claim, (int) length);
    if (granted != null) {
      waitsForMemory = false;
      startLease(granted);
      resume();
    }
  }

  private void startLease(Lease granted) {
    lease = granted;
    ByteBuffer target = granted.buffer();
    if (heap != null) {
      target.put(heap, 0, filled);
      heap = null;
    }
    slab = target;
  }

  /** Goes on after memory has come, for a body that was complete on the heap already. */
  void resume() throws ProtocolException {
    if (state == State.BODY && slab != null && filled == length) {
      endFrame();
    }
  }

  private void endFrame() throws ProtocolException {
    state = State.FLAGS;
    ByteBuffer body = body();
    Lease filledLease = lease;
    heap = null;
    shortFrame = null;
    slab = null;
    lease = null;
    if ((flags & COMMAND) != 0) {
      listener.onCommand(body);
      return;
    }
    sums.end(filledLease == null ? null : body, frames.size());
    frames.add(body);
    leases.add(filledLease);
    messageBytes += length;
    if ((flags & MORE) == 0) {
      endMessage();
    } else if (frames.size() == 1) {
      sums.begin(listener.wantsSums(body));
    }
  }

  private ByteBuffer body() {
    if (slab != null) {
      return slab.clear();
    }
    if (shortFrame != null) {
      return shortFrame.limit((int) length);
    }
    return ByteBuffer.wrap(heap == null ? NONE : heap);
  }

  /**
   * {@return a number that differs from an earlier one only if a message has ended, or this much of
   * one has come}
   */
  long progress(int step) {
    // A message has fewer steps than an int has values.
    return (completed << Integer.SIZE) + (messageBytes + filled) / step;
  }

  private void endMessage() throws ProtocolException {
    completed++;
    largestCompleted = Math.max(largestCompleted, messageBytes);
    Message message = Message.inbound(frames, leases, peer);
    if (shortFrames != null) {
      message.withRecycler(shortFrames);
    }
    sums.giveTo(message);
    frames.clear();
    leases.clear();
    messageBytes = 0;
    if (gate != null) {
      gate.end(claim);
    }
    listener.onMessage(message);
  }

  /** Gives back what an incomplete message holds. */
  void discard() {
    if (lease != null) {
      lease.release();
    }
    for (Lease held : leases) {
      if (held != null) {
        held.release();
      }
    }
    lease = null;
    slab = null;
    heap = null;
    shortFrame = null;
    waitsForMemory = false;
    sums.begin(false);
    frames.clear();
    leases.clear();
    if (gate != null) {
      gate.end(claim);
    }
  }
}
