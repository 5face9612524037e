// SPDX-License-Identifier: Apache-2.0

/** Finds the pods behind headless-service names of Kubernetes. */
module io.tensorcom.discovery.k8s {
  requires transitive io.tensorcom.core;
  requires org.dnsjava;
  requires org.slf4j;
  requires static org.jspecify;

  exports io.tensorcom.discovery.k8s;
  exports io.tensorcom.discovery.k8s.explain;

  provides io.tensorcom.discovery.DiscoveryProvider with
      io.tensorcom.discovery.k8s.DnsDiscoveryProvider;
}
