// SPDX-License-Identifier: Apache-2.0

/**
 * The transport SPI: whole messages over sockets of four roles.
 *
 * <p>Start with {@link io.tensorcom.transport.Transport}, which opens a {@link
 * io.tensorcom.transport.MessageSink} (PUSH, PUB) or a {@link io.tensorcom.transport.MessageSource}
 * (PULL, SUB). What travels is a {@link io.tensorcom.transport.Message}: all frames of one batch,
 * delivered whole or not at all. Implementations are found by {@link java.util.ServiceLoader}; what
 * one of them cannot do it says in {@link io.tensorcom.transport.Capability}.
 */
@NullMarked
package io.tensorcom.transport;

import org.jspecify.annotations.NullMarked;
