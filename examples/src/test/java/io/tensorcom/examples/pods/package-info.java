// SPDX-License-Identifier: Apache-2.0

/**
 * Pods on a network, without Kubernetes: start with {@link PodNetwork}. A pod has its own network,
 * address, host name, files and processes, and runs what the manifests say.
 */
@NullMarked
package io.tensorcom.examples.pods;

import org.jspecify.annotations.NullMarked;
