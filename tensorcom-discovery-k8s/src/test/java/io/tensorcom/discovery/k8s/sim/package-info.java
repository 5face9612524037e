// SPDX-License-Identifier: Apache-2.0

/** DNS servers that fail on demand, in virtual time. */
@NullMarked
package io.tensorcom.discovery.k8s.sim;

import org.jspecify.annotations.NullMarked;
