// SPDX-License-Identifier: Apache-2.0

/** Finds the pods behind headless-service names of Kubernetes. */
module io.tensorcom.discovery.k8s {
  requires transitive io.tensorcom.core;
  requires static org.jspecify;
}
