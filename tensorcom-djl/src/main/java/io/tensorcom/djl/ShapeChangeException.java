// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

/** A batch whose tensors do not have the dtypes and shapes of the first, but for the batch size. */
public final class ShapeChangeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ShapeChangeException(String peer, String expected, String actual, String since) {
    super(
        "batch from "
            + peer
            + ": "
            + actual
            + " (expected as in the first: "
            + expected
            + ")"
            + since);
  }
}
