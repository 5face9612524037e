// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A dtype, a shape, an info of up to eight ASCII characters, and contiguous little-endian data in
 * row-major order.
 *
 * <p>A tensor has one hold on the {@link Lease} its data lives in and gives it back with {@link
 * #close()}. Putting a tensor into a {@link TensorBatch} transfers it: the batch closes it then.
 * After that every use of the data throws {@link IllegalStateException}.
 *
 * <p>Not thread-safe.
 */
public final class Tensor implements AutoCloseable {
  /** The largest rank that Python peers read. */
  public static final int MAX_RANK = 9;

  private static final VarHandle CLOSED;

  static {
    try {
      CLOSED = MethodHandles.lookup().findVarHandle(Tensor.class, "closed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final DType dtype;
  private final long[] dims;
  private final Lease lease;
  private final int offset;
  private final int byteSize;
  private long infoWord;

  @SuppressWarnings("unused") // through CLOSED
  private volatile boolean closed;

  private Tensor(DType dtype, long[] dims, Lease lease, int offset, int byteSize) {
    this.dtype = dtype;
    this.dims = dims;
    this.lease = lease;
    this.offset = offset;
    this.byteSize = byteSize;
  }

  /**
   * Allocates a tensor from a pool, to be filled in place through {@link #data()}. Its content is
   * undefined until then.
   *
   * @throws PoolExhaustedException if the pool has no memory left
   * @throws IllegalArgumentException if the shape is negative or too large
   */
  public static Tensor allocate(TensorPool pool, DType dtype, long... shape) {
    int bytes = byteSize(dtype, shape);
    return new Tensor(dtype, shape.clone(), pool.lease(bytes), 0, bytes);
  }

  /**
   * Wraps a user's own direct buffer, from its position to its limit, without a copy. The buffer is
   * borrowed until {@code onRelease} runs: it must stay unchanged until then.
   *
   * @param buffer direct memory of exactly the shape's size, data in little-endian order
   * @param onRelease runs once when nothing needs the buffer any more, on the thread that notices;
   *     must not block or throw; may be null
   * @throws IllegalArgumentException if the buffer is not direct or its size does not fit the shape
   */
  public static Tensor wrap(
      DType dtype, ByteBuffer buffer, @Nullable Runnable onRelease, long... shape) {
    int bytes = byteSize(dtype, shape);
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException(
          "buffer is not direct: use Tensor.copyOf for memory on the heap");
    }
    if (buffer.remaining() != bytes) {
      throw sizeMismatch("buffer.remaining", buffer.remaining(), bytes, dtype, shape);
    }
    return new Tensor(dtype, shape.clone(), Lease.of(buffer, onRelease), 0, bytes);
  }

  /**
   * Makes a tensor over part of a lease. The tensor takes over one hold of the lease on success; on
   * an exception the hold stays the caller's.
   *
   * @param offset bytes from the start of the lease
   * @throws IllegalArgumentException if the shape does not fit into the lease
   */
  public static Tensor over(Lease lease, int offset, DType dtype, long... shape) {
    int bytes = byteSize(dtype, shape);
    Objects.checkFromIndexSize(offset, bytes, lease.length());
    return new Tensor(dtype, shape.clone(), lease, offset, bytes);
  }

  /**
   * As {@link #over}, of what was received: the shape is not copied but taken over.
   *
   * @param infoWord the info as an int64, which {@link #infoWord()} gives
   */
  public static Tensor received(Lease lease, int offset, DType dtype, long[] shape, long infoWord) {
    int bytes = byteSize(dtype, shape);
    Objects.checkFromIndexSize(offset, bytes, lease.length());
    return new Tensor(dtype, shape, lease, offset, bytes).infoWord(infoWord);
  }

  /**
   * Copies an array into memory from a pool: exactly one copy.
   *
   * @param dtype whose size must be that of the array's elements
   * @param array a {@code byte[]}, {@code short[]}, {@code int[]}, {@code long[]}, {@code float[]}
   *     or {@code double[]}; a {@code byte[]} holds data of any dtype in little-endian order
   * @throws PoolExhaustedException if the pool has no memory left
   * @throws IllegalArgumentException if the array's type or length does not fit
   */
  public static Tensor copyOf(TensorPool pool, DType dtype, Object array, long... shape) {
    int bytes = byteSize(dtype, shape);
    long given = ArrayCopy.byteSize(array, dtype);
    if (given != bytes) {
      throw sizeMismatch("array bytes", given, bytes, dtype, shape);
    }
    Lease lease = pool.lease(bytes);
    ArrayCopy.copy(array, lease.buffer());
    return new Tensor(dtype, shape.clone(), lease, 0, bytes);
  }

  /**
   * {@return the bytes that data of this dtype and shape takes}
   *
   * @throws IllegalArgumentException if a dimension is negative, the rank is above {@link
   *     #MAX_RANK}, or the size is above 2<sup>31</sup>-1 bytes
   */
  public static int byteSize(DType dtype, long... shape) {
    if (shape.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "rank: " + shape.length + " (expected: <= " + MAX_RANK + ")");
    }
    long size = dtype.byteSize();
    boolean empty = false;
    for (long dim : shape) {
      if (dim < 0) {
        throw new IllegalArgumentException("negative dimension: shape=" + Arrays.toString(shape));
      }
      empty |= dim == 0;
    }
    if (empty) {
      return 0;
    }
    for (long dim : shape) {
      if (dim > Integer.MAX_VALUE / size) {
        throw new IllegalArgumentException(
            "tensor too large: dtype="
                + dtype.numpyName()
                + ", shape="
                + Arrays.toString(shape)
                + " (expected: <= 2147483647 bytes)");
      }
      size *= dim;
    }
    return (int) size;
  }

  /** {@return the element type} */
  public DType dtype() {
    return dtype;
  }

  /** {@return the number of dimensions} */
  public int rank() {
    return dims.length;
  }

  /** {@return the size of one dimension, in elements} */
  public long dim(int index) {
    return dims[index];
  }

  /** {@return a copy of the shape, outermost dimension first} */
  public long[] shape() {
    return dims.clone();
  }

  /** {@return the size of the data in bytes} */
  public int byteSize() {
    return byteSize;
  }

  /** {@return the number of elements} */
  public int elementCount() {
    return byteSize / dtype.byteSize();
  }

  /** {@return the info, at most eight ASCII characters, or an empty string} */
  public String info() {
    return AsciiWord.unpack(infoWord);
  }

  /** {@return the info as the little-endian int64 of a tensor header} */
  public long infoWord() {
    return infoWord;
  }

  /**
   * Sets the info.
   *
   * @return this tensor
   * @throws IllegalArgumentException if it is longer than eight characters or not ASCII
   */
  public Tensor info(String info) {
    infoWord = AsciiWord.pack(info);
    return this;
  }

  /**
   * Sets the info as the little-endian int64 of a tensor header.
   *
   * @return this tensor
   * @throws IllegalArgumentException if the word is not {@linkplain AsciiWord#isValid valid}
   */
  public Tensor infoWord(long word) {
    if (!AsciiWord.isValid(word)) {
      throw new IllegalArgumentException("not ASCII: infoWord=0x" + Long.toHexString(word));
    }
    infoWord = word;
    return this;
  }

  /**
   * {@return a new view of the data: little-endian, direct where the memory is, position 0, limit
   * {@link #byteSize()}; borrowed, valid until the tensor is closed}
   *
   * @throws IllegalStateException if the tensor has been closed
   */
  public ByteBuffer data() {
    checkOpen();
    return lease.buffer(offset, byteSize);
  }

  /**
   * {@return a second tensor over the same memory with a hold of its own, for another batch}
   *
   * @throws IllegalStateException if the tensor has been closed
   */
  public Tensor share() {
    checkOpen();
    Tensor shared = new Tensor(dtype, dims, lease.retain(), offset, byteSize);
    shared.infoWord = infoWord;
    return shared;
  }

  /** {@return the lease the data lives in; borrowed} */
  public Lease lease() {
    return lease;
  }

  /** Gives the memory back, once; later calls do nothing. */
  @Override
  public void close() {
    if (!(boolean) CLOSED.getAndSet(this, true)) {
      lease.release();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("use after close: " + this);
    }
  }

  private static IllegalArgumentException sizeMismatch(
      String name, long actual, int expected, DType dtype, long[] shape) {
    return new IllegalArgumentException(
        name
            + ": "
            + actual
            + " (expected: "
            + expected
            + ", dtype="
            + dtype.numpyName()
            + ", shape="
            + Arrays.toString(shape)
            + ")");
  }

  @Override
  public String toString() {
    String info = infoWord == 0 ? "" : ", info=" + info();
    return "Tensor[" + dtype.numpyName() + " " + Arrays.toString(dims) + info + "]";
  }
}
