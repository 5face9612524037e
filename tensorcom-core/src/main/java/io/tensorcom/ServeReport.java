// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.transport.SendResult;

/**
 * How serving ended.
 *
 * @param batches sent
 * @param bytes of their tensors' data
 * @param end {@link SendResult#SENT} when the source ended, {@link SendResult#TIMED_OUT} when no
 *     peer took a batch in time, {@link SendResult#CLOSED} when the sender was closed
 */
public record ServeReport(long batches, long bytes, SendResult end) {}
