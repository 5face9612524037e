// SPDX-License-Identifier: Apache-2.0

/** Training from a stream; start with {@link io.tensorcom.examples.training.Training}. */
@NullMarked
package io.tensorcom.examples.training;

import org.jspecify.annotations.NullMarked;
