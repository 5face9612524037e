// SPDX-License-Identifier: Apache-2.0

/** What was asked of which server, what came back, and why an answer was chosen. */
@NullMarked
package io.tensorcom.discovery.k8s.explain;

import org.jspecify.annotations.NullMarked;
