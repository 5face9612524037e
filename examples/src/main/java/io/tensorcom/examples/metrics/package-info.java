// SPDX-License-Identifier: Apache-2.0

/**
 * Figures, health and readiness of a tool over HTTP: start with {@link
 * io.tensorcom.examples.metrics.MetricsServer}.
 */
@NullMarked
package io.tensorcom.examples.metrics;

import org.jspecify.annotations.NullMarked;
