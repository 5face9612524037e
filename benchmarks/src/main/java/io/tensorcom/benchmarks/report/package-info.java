// SPDX-License-Identifier: Apache-2.0

/** Puts measured values into the documentation. */
@NullMarked
package io.tensorcom.benchmarks.report;

import org.jspecify.annotations.NullMarked;
