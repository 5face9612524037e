// SPDX-License-Identifier: Apache-2.0

/** {@code tensorcom-resolve}: what a name means to a pod, and why. */
@NullMarked
package io.tensorcom.examples.resolve;

import org.jspecify.annotations.NullMarked;
