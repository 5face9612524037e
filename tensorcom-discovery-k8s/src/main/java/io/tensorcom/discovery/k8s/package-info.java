// SPDX-License-Identifier: Apache-2.0

/** Finds the pods behind headless-service names of Kubernetes. */
@NullMarked
package io.tensorcom.discovery.k8s;

import org.jspecify.annotations.NullMarked;
