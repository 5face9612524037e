// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

/**
 * What a {@link TensorPool} holds at one moment. Immutable.
 *
 * @param budgetBytes what the pool may hold at most
 * @param leasedBytes bytes of slabs that are leased, rounded up to their size classes
 * @param idleBytes bytes of slabs that wait to be leased again
 * @param leases number of leases that are held
 * @param leaks leases that became unreachable while held, since the pool was made
 * @param exhaustions times a lease was asked for and there was no memory, since the pool was made
 * @param refused whether the JVM had no direct memory when a slab was last to be made
 */
public record PoolStats(
    long budgetBytes,
    long leasedBytes,
    long idleBytes,
    int leases,
    long leaks,
    long exhaustions,
    boolean refused) {}
