// SPDX-License-Identifier: Apache-2.0

/** Tests of the shell scripts in bin. */
@NullMarked
package io.tensorcom.examples.launcher;

import org.jspecify.annotations.NullMarked;
