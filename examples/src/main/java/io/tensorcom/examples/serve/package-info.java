// SPDX-License-Identifier: Apache-2.0

/** The image servers: start with {@link io.tensorcom.examples.serve.ServeImagenetShards}. */
@NullMarked
package io.tensorcom.examples.serve;

import org.jspecify.annotations.NullMarked;
