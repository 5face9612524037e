// SPDX-License-Identifier: Apache-2.0

/**
 * tensorcom-sim: many sockets in one thread, with a virtual clock and a network that misbehaves.
 *
 * <p>Start with {@link io.tensorcom.testkit.sim.SimWorld}. The state machines under test are the
 * real ones; only time and the wires are simulated. Everything random comes from one seed, so the
 * same seed replays the same run to the byte.
 */
package io.tensorcom.testkit.sim;
