// SPDX-License-Identifier: Apache-2.0

/**
 * The figures of senders and receivers as Micrometer meters: start with {@link
 * io.tensorcom.metrics.TransferMetrics}. Needs {@code io.micrometer:micrometer-core}, which the
 * library does not bring along.
 */
@NullMarked
package io.tensorcom.metrics;

import org.jspecify.annotations.NullMarked;
