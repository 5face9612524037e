// SPDX-License-Identifier: Apache-2.0

/** DNS messages over UDP and TCP, on one thread that also keeps the time. */
@NullMarked
package io.tensorcom.discovery.k8s.net;

import org.jspecify.annotations.NullMarked;
