// SPDX-License-Identifier: Apache-2.0

/** What tools log, one line per event: start with {@link io.tensorcom.examples.log.ToolLog}. */
@NullMarked
package io.tensorcom.examples.log;

import org.jspecify.annotations.NullMarked;
