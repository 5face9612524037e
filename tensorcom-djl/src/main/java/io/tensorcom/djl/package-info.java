// SPDX-License-Identifier: Apache-2.0

/**
 * Streams of batches as datasets of the Deep Java Library; start with {@link
 * io.tensorcom.djl.TensorcomDataset}.
 */
@NullMarked
package io.tensorcom.djl;

import org.jspecify.annotations.NullMarked;
