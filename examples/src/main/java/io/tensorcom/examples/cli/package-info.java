// SPDX-License-Identifier: Apache-2.0

/** What all command-line tools share: start with {@link io.tensorcom.examples.cli.Cli}. */
@NullMarked
package io.tensorcom.examples.cli;

import org.jspecify.annotations.NullMarked;
