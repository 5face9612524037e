// SPDX-License-Identifier: Apache-2.0

/**
 * JMH benchmarks, each in the package of what it measures, and what they share: {@link
 * io.tensorcom.benchmarks.Losses}.
 */
@NullMarked
package io.tensorcom.benchmarks;

import org.jspecify.annotations.NullMarked;
