// SPDX-License-Identifier: Apache-2.0

/**
 * A stream for eyes, as a web page or one picture: start with {@link
 * io.tensorcom.examples.show.Tensorshow}. A {@link io.tensorcom.examples.show.Snapshot} is made of
 * a batch and keeps nothing of it but small pictures and figures.
 */
@NullMarked
package io.tensorcom.examples.show;

import org.jspecify.annotations.NullMarked;
