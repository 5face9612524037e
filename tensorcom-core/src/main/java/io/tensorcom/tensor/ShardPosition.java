// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

/**
 * Where in the data set the samples of a batch come from. Immutable.
 *
 * @param shard number of the shard, -1 where unknown
 * @param index of the batch in the shard, -1 where unknown
 * @param batches in the shard, -1 where unknown
 */
public record ShardPosition(long shard, long index, long batches) {
  /** Nothing is known. */
  public static final ShardPosition UNKNOWN = new ShardPosition(-1, -1, -1);
}
