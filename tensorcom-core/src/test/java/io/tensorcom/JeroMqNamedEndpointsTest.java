// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

final class JeroMqNamedEndpointsTest extends NamedEndpointsContract {
  @Override
  String transport() {
    return "jeromq";
  }
}
