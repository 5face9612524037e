// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import org.jspecify.annotations.Nullable;

/**
 * A lease that became unreachable while it was held: somebody forgot to close a batch.
 *
 * @param length the bytes that were asked for
 * @param allocatedAt the place of allocation, if it was recorded (always in checked mode, else
 *     sampled)
 */
public record LeakReport(int length, @Nullable Throwable allocatedAt) {}
