// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ScatteringByteChannel;
import java.util.Objects;

/**
 * Shows Netty a part of somebody else's memory, again and again another one, so that neither a copy
 * nor an object is needed per system call. Only what channels use of a buffer works.
 *
 * <p>It is not counted: Netty gives it back with {@link #release()}, once for each time it was
 * written or read into, and whoever owns the memory is told.
 */
final class BorrowedBuf extends UnpooledDirectByteBuf {
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final Runnable onRelease;
  private ByteBuffer memory = NOTHING;
  private int start;
  private int length;

  BorrowedBuf(Runnable onRelease) {
    super(UnpooledByteBufAllocator.DEFAULT, NOTHING, Integer.MAX_VALUE);
    this.onRelease = onRelease;
  }

  /** Shows what remains of this buffer, as room to be filled. */
  BorrowedBuf toFill(ByteBuffer target) {
    show(target);
    setIndex(0, 0);
    return this;
  }

  /** Shows what remains of this buffer, as bytes to be written. */
  BorrowedBuf toWrite(ByteBuffer source) {
    show(source);
    setIndex(0, length);
    return this;
  }

  private void show(ByteBuffer buffer) {
    // Indices are checked against the length: it has to be there before they are set.
    memory = buffer;
    start = buffer.position();
    length = buffer.remaining();
  }

  @Override
  public int capacity() {
    return length;
  }

  /** The address that the base class knows is not that of the memory shown. */
  @Override
  public boolean hasMemoryAddress() {
    return false;
  }

  @Override
  public long memoryAddress() {
    throw new UnsupportedOperationException("no address of borrowed memory");
  }

  @Override
  public ByteBuffer internalNioBuffer(int index, int count) {
    Objects.checkFromIndexSize(index, count, length);
    return memory.limit(start + index + count).position(start + index);
  }

  @Override
  public ByteBuffer nioBuffer(int index, int count) {
    Objects.checkFromIndexSize(index, count, length);
    return memory.slice(start + index, count);
  }

  @Override
  public ByteBuffer[] nioBuffers(int index, int count) {
    return new ByteBuffer[] {nioBuffer(index, count)};
  }

  @Override
  public int setBytes(int index, ScatteringByteChannel in, int count) throws IOException {
    return in.read(internalNioBuffer(index, count));
  }

  @Override
  public ByteBuf retain() {
    return this;
  }

  @Override
  public boolean release() {
    onRelease.run();
    return false;
  }
}
