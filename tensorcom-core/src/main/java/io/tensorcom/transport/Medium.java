// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/** What carries the bytes. */
public enum Medium {
  /** TCP over IPv4 or IPv6. */
  TCP,
  /** A Unix-domain stream socket, as libzmq's {@code ipc://}. */
  IPC
}
