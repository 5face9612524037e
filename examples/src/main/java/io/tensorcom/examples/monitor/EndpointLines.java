// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import io.tensorcom.MembershipListener;
import io.tensorcom.discovery.Endpoint;
import java.io.PrintStream;

/** A line for each endpoint that comes, goes or cannot be connected. */
final class EndpointLines implements MembershipListener {
  private final PrintStream err;

  EndpointLines(PrintStream err) {
    this.err = err;
  }

  @Override
  public void endpointAdded(Endpoint endpoint) {
    err.println("endpoint added: " + endpoint);
  }

  @Override
  public void endpointRemoved(Endpoint endpoint) {
    err.println("endpoint removed: " + endpoint);
  }

  @Override
  public void endpointUnreachable(Endpoint endpoint, String reason) {
    err.println("endpoint unreachable: " + endpoint + ": " + reason);
  }
}
