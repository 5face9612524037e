// SPDX-License-Identifier: Apache-2.0

/** Kubernetes manifests, as kustomize and an API server read them. */
@NullMarked
package io.tensorcom.examples.k8s;

import org.jspecify.annotations.NullMarked;
