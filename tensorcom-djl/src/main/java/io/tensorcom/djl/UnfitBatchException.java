// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import org.jspecify.annotations.Nullable;

/**
 * What comes is not what the dataset was built for, or the other way round: tensors that were named
 * are missing, images were to be normalized and there are none, the engine has no such dtype, or
 * the transform failed, which is the cause then. Tells what came, and from which server.
 */
public final class UnfitBatchException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UnfitBatchException(String peer, String what, @Nullable Throwable cause) {
    super("batch from " + peer + ": " + what, cause);
  }
}
