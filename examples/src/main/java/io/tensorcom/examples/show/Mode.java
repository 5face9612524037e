// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

/** What the tensors of a batch are, as in the Python tensorshow. */
enum Mode {
  /** Images and their classes. */
  IMGCLASS,
  /** Images and what becomes of them, also images: shown side by side. */
  IMG2IMG
}
