// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.net;

/** The socket of one question. */
interface DnsSocket {
  /** Frees it. Idempotent. */
  void close();
}
