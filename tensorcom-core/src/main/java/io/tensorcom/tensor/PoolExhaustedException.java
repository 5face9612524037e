// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

/**
 * A pool could not lease memory: its budget is spent on leases that are held, or the JVM has no
 * more direct memory. Close batches earlier, or give the pool a larger budget.
 */
public final class PoolExhaustedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient PoolStats stats;

  PoolExhaustedException(int length, PoolStats stats) {
    super(
        "tensor pool exhausted: length="
            + length
            + ", budgetBytes="
            + stats.budgetBytes()
            + ", leasedBytes="
            + stats.leasedBytes()
            + ", leases="
            + stats.leases()
            + (stats.refused()
                ? "; the JVM has no direct memory: raise -XX:MaxDirectMemorySize or lower the"
                    + " budgets of pools"
                : "; close batches earlier or enlarge the pool"));
    this.stats = stats;
  }

  /** {@return what the pool held when the lease was refused} */
  public PoolStats stats() {
    return stats;
  }
}
