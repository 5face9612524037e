// SPDX-License-Identifier: Apache-2.0

/**
 * The main job in one command, with proof: start with {@link
 * io.tensorcom.examples.demo.TensorcomDemo}, which starts a {@link
 * io.tensorcom.examples.demo.DemoServer} and a {@link io.tensorcom.examples.demo.DemoReceiver} as
 * processes of their own.
 *
 * <p>The children tell their parent what they do by {@linkplain
 * io.tensorcom.examples.demo.ChildMessage lines on standard output}, and end when their standard
 * input does, so that none outlives the parent.
 */
@NullMarked
package io.tensorcom.examples.demo;

import org.jspecify.annotations.NullMarked;
