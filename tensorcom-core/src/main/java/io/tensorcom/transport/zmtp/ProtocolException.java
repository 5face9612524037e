// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

/** A peer does what the protocol or a limit forbids; its connection ends. */
public final class ProtocolException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Refusal refusal;

  /** Makes an exception without a stack trace: peers can cause many of them. */
  ProtocolException(Refusal refusal, String detail) {
    super(detail, null, false, false);
    this.refusal = refusal;
  }

  /** {@return the kind of fault} */
  public Refusal refusal() {
    return refusal;
  }
}
