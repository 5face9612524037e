// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/** An image file and its class, as read. Immutable by convention: nobody writes to the bytes. */
public final class EncodedSample {
  private final String name;
  private final byte[] image;
  private final int label;

  EncodedSample(String name, byte[] image, int label) {
    this.name = name;
    this.image = image;
    this.label = label;
  }

  /** {@return where it came from, for messages: the shard or folder and the key} */
  String name() {
    return name;
  }

  byte[] image() {
    return image;
  }

  int label() {
    return label;
  }
}
