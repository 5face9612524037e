// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.metrics;

/** How long the JDK's HTTP server bears with whoever asks, or reads, too slowly. */
public final class HttpLimits {
  private HttpLimits() {}

  /** Sets the limits, which all servers of the process have, where they are not set yet. */
  public static void apply() {
    setUnlessSet("sun.net.httpserver.maxReqTime", "5");
    setUnlessSet("sun.net.httpserver.maxRspTime", "10");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
