// SPDX-License-Identifier: Apache-2.0

/** The programs that the documentation quotes; a test keeps the two the same. */
@NullMarked
package io.tensorcom.examples.docs;

import org.jspecify.annotations.NullMarked;
