// SPDX-License-Identifier: Apache-2.0

/** Turns streams of batches into datasets of the Deep Java Library. */
@NullMarked
package io.tensorcom.djl;

import org.jspecify.annotations.NullMarked;
