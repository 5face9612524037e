// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/**
 * Which source pixels make up each target pixel along one side, and with what weights: 256
 * together. All target pixels have the same number of weights, the last of which may be 0.
 * Immutable.
 */
final class ResizeWeights {
  static final int SUM = 256;

  /** What is there at least, so that most images are scaled by a loop without a loop in it. */
  static final int FEWEST = 4;

  private final int from;
  private final int to;
  private final int taps;
  private final int[] first;
  private final int[] weights;

  ResizeWeights(int from, int to, ResizeFilter filter) {
    this.from = from;
    this.to = to;
    double scale = (double) from / to;
    double reach = filter.reach(scale);
    taps = Math.max(FEWEST, most(from, to, reach));
    first = new int[to];
    weights = new int[to * taps];
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
      int low = low(centre, reach);
      int high = high(centre, reach, from);
      double total = 0;
      for (int x = low; x < high; x++) {
        total += filter.weight(x + 0.5 - centre, scale);
      }
      first[i] = low;
      // Rounding the running sum keeps the sum of the weights exact.
      double sum = 0;
      for (int x = low; x < high; x++) {
        double next = sum + filter.weight(x + 0.5 - centre, scale);
        weights[i * taps + x - low] = rounded(next / total) - rounded(sum / total);
        sum = next;
      }
    }
  }

  private static int most(int from, int to, double reach) {
    int most = 0;
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * from / to;
      most = Math.max(most, high(centre, reach, from) - low(centre, reach));
    }
    return most;
  }

  private static int low(double centre, double reach) {
    return Math.max(0, (int) (centre - reach + 0.5));
  }

  private static int high(double centre, double reach, int from) {
    return Math.min(from, (int) (centre + reach + 0.5));
  }

  private static int rounded(double part) {
    return (int) Math.round(part * SUM);
  }

  boolean isFor(int otherFrom, int otherTo) {
    return from == otherFrom && to == otherTo;
  }

  /** {@return how many weights each target pixel has} */
  int taps() {
    return taps;
  }

  /** {@return the first source pixel of a target pixel} */
  int first(int target) {
    return first[target];
  }

  /** {@return the weights of all target pixels, one after the other} */
  int[] weights() {
    return weights;
  }
}
