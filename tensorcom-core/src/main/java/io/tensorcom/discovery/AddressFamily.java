// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

/** Which addresses of a name are used. */
public enum AddressFamily {
  /** IPv4 where there is any, else IPv6: a pod of a dual-stack cluster has one of each. */
  AUTO,
  /** IPv4 alone. */
  IPV4,
  /** IPv6 alone. */
  IPV6,
  /** All there are. */
  BOTH
}
