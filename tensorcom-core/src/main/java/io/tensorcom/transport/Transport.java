// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import java.util.Set;

/**
 * Opens sockets: the service-provider interface that {@link java.util.ServiceLoader} finds.
 *
 * <p>Implementations are stateless and thread-safe and have a public constructor without arguments.
 */
public interface Transport {
  /** {@return the name for the URL option {@code transport}, for example {@code jeromq}} */
  String name();

  /** {@return what this transport can do; what is not listed it does not do} */
  Set<Capability> capabilities();

  /**
   * Opens a socket that sends. It belongs to the caller, who closes it.
   *
   * @param role {@link SocketRole#PUSH} or {@link SocketRole#PUB}
   */
  MessageSink openSink(SocketRole role, SocketOptions options);

  /**
   * Opens a socket that receives. It belongs to the caller, who closes it.
   *
   * @param role {@link SocketRole#PULL} or {@link SocketRole#SUB}
   */
  MessageSource openSource(SocketRole role, SocketOptions options);
}
