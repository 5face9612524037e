// SPDX-License-Identifier: Apache-2.0

/**
 * From a name to its endpoints at one moment: questions to servers, answers, the walk over the
 * search list. Without sockets and clocks of its own, so that it is tested in virtual time.
 */
@NullMarked
package io.tensorcom.discovery.k8s.look;

import org.jspecify.annotations.NullMarked;
