// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

/** The two ways in which a batch becomes a message. A receiver tells them apart by itself. */
public enum Encoding {
  /** Two frames a tensor, header and data: the default. */
  MULTIPART,
  /** One frame of chunks, the same bytes as a {@code .ten} file. */
  SINGLE
}
