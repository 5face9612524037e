// SPDX-License-Identifier: Apache-2.0

/** Tools that look at streams and files: {@link io.tensorcom.examples.monitor.Tensormon}. */
@NullMarked
package io.tensorcom.examples.monitor;

import org.jspecify.annotations.NullMarked;
