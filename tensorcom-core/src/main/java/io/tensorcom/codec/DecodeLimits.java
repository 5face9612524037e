// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

/**
 * What a decoder believes at most.
 *
 * @param maxTensors tensors in a batch
 * @param maxBytes bytes of all frames of a batch
 * @param maxHeaderBytes bytes of one tensor header, further words included
 */
public record DecodeLimits(int maxTensors, long maxBytes, int maxHeaderBytes) {
  /** 128 tensors, 256 MiB, headers of 4 KiB. */
  public static final DecodeLimits DEFAULT = new DecodeLimits(128, 256L << 20, 4096);

  /** Checks ranges. */
  public DecodeLimits {
    if (maxTensors <= 0 || maxBytes <= 0 || maxHeaderBytes < TensorHeaderDescriptor.length(0)) {
      throw new IllegalArgumentException(
          "limits too small: maxTensors="
              + maxTensors
              + ", maxBytes="
              + maxBytes
              + ", maxHeaderBytes="
              + maxHeaderBytes);
    }
  }
}
