// SPDX-License-Identifier: Apache-2.0

/** What a resolver is told to do: resolv.conf(5), and the names that it makes of one name. */
@NullMarked
package io.tensorcom.discovery.k8s.conf;

import org.jspecify.annotations.NullMarked;
