// SPDX-License-Identifier: Apache-2.0

/** Benchmarks of encoding and decoding; nothing is sent. */
@NullMarked
package io.tensorcom.benchmarks.codec;

import org.jspecify.annotations.NullMarked;
