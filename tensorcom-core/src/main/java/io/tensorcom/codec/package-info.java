// SPDX-License-Identifier: Apache-2.0

/**
 * tenbin: the bytes of a batch on the wire and in {@code .ten} files, as the Python tensorcom
 * writes them.
 *
 * <p>Start with {@link io.tensorcom.codec.BatchEncoder} and {@link
 * io.tensorcom.codec.BatchDecoder}; the layouts are in {@link
 * io.tensorcom.codec.TensorHeaderDescriptor} and {@link io.tensorcom.codec.ChunkDescriptor}, files
 * in {@link io.tensorcom.codec.TenFile}. All integers are little-endian. What comes from a peer is
 * hostile until checked: every length is compared with a limit and with what is really there before
 * it is used.
 */
@NullMarked
package io.tensorcom.codec;

import org.jspecify.annotations.NullMarked;
