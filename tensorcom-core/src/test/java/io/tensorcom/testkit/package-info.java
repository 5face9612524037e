// SPDX-License-Identifier: Apache-2.0

/**
 * Fixtures for tests of this and other modules: start with {@link
 * io.tensorcom.testkit.TransportContract}, which every transport must pass.
 */
package io.tensorcom.testkit;
