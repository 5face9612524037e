// SPDX-License-Identifier: Apache-2.0

/**
 * Whether batches reach a GPU as they should; start with {@link
 * io.tensorcom.examples.gpu.GpuCheck}.
 */
@NullMarked
package io.tensorcom.examples.gpu;

import org.jspecify.annotations.NullMarked;
