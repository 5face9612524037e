// SPDX-License-Identifier: Apache-2.0

/** How long a look at a name takes, against bare questions to the same server. */
@NullMarked
package io.tensorcom.benchmarks.discovery;

import org.jspecify.annotations.NullMarked;
