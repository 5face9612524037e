// SPDX-License-Identifier: Apache-2.0

/**
 * What is sent: tensors, batches of tensors and the leased memory they live in.
 *
 * <p>Start with {@link io.tensorcom.tensor.Tensor} (dtype, shape, info and contiguous little-endian
 * data) and {@link io.tensorcom.tensor.TensorBatch} (the unit that is sent and received). Memory
 * comes from a {@link io.tensorcom.tensor.TensorPool} as a {@link io.tensorcom.tensor.Lease} and
 * goes back to it when the batch is closed.
 *
 * <p>Conventions: all multi-byte data is {@link java.nio.ByteOrder#LITTLE_ENDIAN}; sizes are in
 * bytes; a method that takes or hands out memory says whether it borrows, copies or transfers it.
 * This package depends on nothing else in the library.
 */
@NullMarked
package io.tensorcom.tensor;

import org.jspecify.annotations.NullMarked;
