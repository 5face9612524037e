// SPDX-License-Identifier: Apache-2.0

/**
 * What came of the streams of senders, and what did not: sequences, losses, epochs. Start at {@link
 * io.tensorcom.stream.StreamStats}, which {@code receiver.stats().streams()} gives; {@link
 * io.tensorcom.stream.StreamReport} puts the accounts of several pullers together.
 */
@NullMarked
package io.tensorcom.stream;

import org.jspecify.annotations.NullMarked;
