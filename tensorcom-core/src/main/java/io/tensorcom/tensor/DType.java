// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Element type of a tensor: the eleven of the Python tensorcom.
 *
 * <p>On the wire a dtype is its two-character {@link #code()}, NUL-padded to eight bytes; {@link
 * #codeWord()} is that field as a little-endian {@code long}. Immutable and thread-safe.
 */
public enum DType {
  /** IEEE 754 half precision. */
  FLOAT16("f2", 2, Kind.FLOAT),
  /** IEEE 754 single precision. */
  FLOAT32("f4", 4, Kind.FLOAT),
  /** IEEE 754 double precision. */
  FLOAT64("f8", 8, Kind.FLOAT),
  /** Signed 8-bit integer. */
  INT8("i1", 1, Kind.SIGNED),
  /** Signed 16-bit integer. */
  INT16("i2", 2, Kind.SIGNED),
  /** Signed 32-bit integer. */
  INT32("i4", 4, Kind.SIGNED),
  /** Signed 64-bit integer. */
  INT64("i8", 8, Kind.SIGNED),
  /** Unsigned 8-bit integer. */
  UINT8("u1", 1, Kind.UNSIGNED),
  /** Unsigned 16-bit integer. */
  UINT16("u2", 2, Kind.UNSIGNED),
  /**
   * Unsigned 32-bit integer. The Python tensorcom can neither send nor receive it: its table
   * misspells the name.
   */
  UINT32("u4", 4, Kind.UNSIGNED),
  /** Unsigned 64-bit integer. */
  UINT64("u8", 8, Kind.UNSIGNED);

  /** The family a dtype belongs to. */
  public enum Kind {
    /** IEEE 754 binary floating point. */
    FLOAT,
    /** Two's complement integers. */
    SIGNED,
    /** Unsigned integers. */
    UNSIGNED
  }

  private static final DType[] VALUES = values();

  private final String code;
  private final int byteSize;
  private final Kind kind;
  private final long codeWord;
  private final String numpyName;

  DType(String code, int byteSize, Kind kind) {
    this.code = code;
    this.byteSize = byteSize;
    this.kind = kind;
    this.codeWord = AsciiWord.pack(code);
    this.numpyName = name().toLowerCase(Locale.ROOT);
  }

  /** {@return the code on the wire, for example {@code f4}} */
  public String code() {
    return code;
  }

  /** {@return the code as the little-endian int64 of a tensor header} */
  public long codeWord() {
    return codeWord;
  }

  /** {@return the size of one element in bytes} */
  public int byteSize() {
    return byteSize;
  }

  /** {@return whether elements are floating point, signed or unsigned} */
  public Kind kind() {
    return kind;
  }

  /** {@return the name NumPy gives this dtype, for example {@code float32}} */
  public String numpyName() {
    return numpyName;
  }

  /** {@return the dtype with this code word, or null if there is none} */
  public static @Nullable DType fromCodeWord(long codeWord) {
    for (DType dtype : VALUES) {
      if (dtype.codeWord == codeWord) {
        return dtype;
      }
    }
    return null;
  }

  /**
   * Finds a dtype by its code ({@code f4}) or NumPy name ({@code float32}).
   *
   * @throws IllegalArgumentException if there is no such dtype
   */
  public static DType of(String codeOrName) {
    for (DType dtype : VALUES) {
      if (dtype.code.equals(codeOrName) || dtype.numpyName.equals(codeOrName)) {
        return dtype;
      }
    }
    throw new IllegalArgumentException("unknown dtype: dtype=" + codeOrName);
  }
}
