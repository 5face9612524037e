// SPDX-License-Identifier: Apache-2.0
/**
 * What a user could pick instead, each in its best known mode: one side of a stream of batches.
 *
 * <p>Every program takes {@code send|recv WHERE COUNT IMAGES SIDE}; a batch is IMAGES x SIDE x SIDE
 * x 3 bytes and IMAGES int32, and stands in one piece at the receiver, as ours does.
 */
package io.tensorcom.benchmarks.peers;
