// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The order in which a client that wants one endpoint of a service should try them (RFC 2782):
 * lower priorities first, and within a priority drawn by weight. Senders and receivers connect to
 * all endpoints of the lowest priority and have no use for weights; this is for those who need one.
 */
public final class ServiceOrder {
  private static final Comparator<Endpoint> UNWEIGHTED_FIRST =
      Comparator.comparingInt(Endpoint::priority)
          .thenComparing(endpoint -> endpoint.weight() > 0)
          .thenComparing(Endpoint.ORDER);

  private ServiceOrder() {}

  /**
   * Draws an order.
   *
   * @param endpoints in any order, which has no influence
   * @param random the same seed gives the same order
   */
  public static List<Endpoint> draw(Collection<Endpoint> endpoints, RandomGenerator random) {
    List<Endpoint> left = new ArrayList<>(endpoints);
    left.sort(UNWEIGHTED_FIRST);
    List<Endpoint> order = new ArrayList<>(left.size());
    while (!left.isEmpty()) {
      order.add(left.remove(next(left, random)));
    }
    return order;
  }

  /** {@return the index of the first whose running sum of weights is not below a number drawn} */
  private static int next(List<Endpoint> left, RandomGenerator random) {
    int priority = left.get(0).priority();
    long sum = 0;
    for (Endpoint endpoint : left) {
      sum += endpoint.priority() == priority ? endpoint.weight() : 0;
    }
    long drawn = random.nextLong(sum + 1);
    long running = 0;
    int index = 0;
    while ((running += left.get(index).weight()) < drawn) {
      index++;
    }
    return index;
  }
}
