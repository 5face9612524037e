// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

final class NettyNamedEndpointsTest extends NamedEndpointsContract {
  @Override
  String transport() {
    return "netty";
  }
}
