// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands a channel the memory that a session wants to have filled, instead of a buffer of its own.
 */
final class InPlaceReads implements RecvByteBufAllocator {
  /**
   * Ends a read that must not happen: when the other side has closed, epoll's channel reads even if
   * it was told not to. The bytes stay in the kernel until reading is allowed again.
   */
  static final class ReadingPausedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private ReadingPausedException() {
      super("reading is paused", null, false, false);
    }
  }

  /** So that one busy connection leaves the loop to others now and then. */
  private static final int READS_IN_A_ROW = 16;

  private final Supplier<@Nullable ByteBuffer> target;
  private final BorrowedBuf buffer = new BorrowedBuf(() -> {});

  InPlaceReads(Supplier<@Nullable ByteBuffer> target) {
    this.target = target;
  }

  @Override
  @SuppressWarnings("deprecation") // the interface's own return type
  public Handle newHandle() {
    return new WindowHandle();
  }

  private final class WindowHandle implements ExtendedHandle {
    private int attempted;
    private int last;
    private int reads;

    @Override
    public ByteBuf allocate(ByteBufAllocator unused) {
      ByteBuffer window = target.get();
      if (window == null) {
        throw new ReadingPausedException();
      }
      return buffer.toFill(window);
    }

    @Override
    public int guess() {
      ByteBuffer window = target.get();
      return window == null ? 0 : window.remaining();
    }

    @Override
    public void reset(ChannelConfig config) {
      reads = 0;
    }

    @Override
    public void incMessagesRead(int count) {
      reads += count;
    }

    @Override
    public void lastBytesRead(int bytes) {
      last = bytes;
    }

    @Override
    public int lastBytesRead() {
      return last;
    }

    @Override
    public void attemptedBytesRead(int bytes) {
      attempted = bytes;
    }

    @Override
    public int attemptedBytesRead() {
      return attempted;
    }

    @Override
    public boolean continueReading() {
      return continueReading(() -> last == attempted);
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
      return last > 0 && reads < READS_IN_A_ROW && maybeMore.get() && target.get() != null;
    }

    @Override
    public void readComplete() {
      // Nothing is learned for the next time: the session knows what it wants.
    }
  }
}
