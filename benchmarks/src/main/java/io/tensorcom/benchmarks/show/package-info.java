// SPDX-License-Identifier: Apache-2.0

/**
 * What tensorshow costs, for {@code benchmarks/show}: {@link
 * io.tensorcom.benchmarks.show.ShowCost}.
 */
@NullMarked
package io.tensorcom.benchmarks.show;

import org.jspecify.annotations.NullMarked;
