// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a JPEG file says before its first scan.
 *
 * @param frame the marker of its frame (SOF), 0 if there is none
 * @param components of that frame
 * @param profiled whether there is an ICC profile
 */
record JpegHead(int frame, int components, boolean profiled) {
  /** The frame of a progressive JPEG (SOF2). */
  static final int PROGRESSIVE = 0xc2;

  private static final int BASELINE = 0xc0;
  private static final int START_OF_SCAN = 0xda;
  private static final int APP2 = 0xe2;
  private static final int PADDING = 0xff;
  private static final byte[] PROFILE = "ICC_PROFILE".getBytes(StandardCharsets.US_ASCII);
  // Marker, length, and of a frame precision, height, width and the number of components.
  private static final int FRAME_BYTES = 10;

  /** {@return the head of a file, or null if it is not JPEG, or broken} */
  static @Nullable JpegHead of(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    if (file.length < 2 || bytes.getShort(0) != (short) 0xffd8) {
      return null;
    }
    int frame = 0;
    int components = 0;
    boolean profiled = false;
    int at = 2;
    while (at + FRAME_BYTES <= file.length && file[at] == (byte) 0xff) {
      int marker = file[at + 1] & 0xff;
      if (marker == START_OF_SCAN) {
        return new JpegHead(frame, components, profiled);
      }
      if (marker == PADDING) {
        at++;
        continue;
      }
      if (isFrame(marker)) {
        frame = marker;
        components = file[at + FRAME_BYTES - 1] & 0xff;
      }
      profiled |= marker == APP2 && startsWith(file, at + 4, PROFILE);
      at += 2 + (bytes.getShort(at + 2) & 0xffff);
    }
    return null;
  }

  /** Tables (DHT, DAC) and what is reserved (JPG) lie among the frames. */
  private static boolean isFrame(int marker) {
    return switch (marker) {
      case 0xc4, 0xc8, 0xcc -> false;
      default -> marker >= BASELINE && marker <= 0xcf;
    };
  }

  private static boolean startsWith(byte[] file, int at, byte[] name) {
    return at + name.length <= file.length
        && Arrays.equals(file, at, at + name.length, name, 0, name.length);
  }

  /** {@return whether it is gray or in colors as most are, without an ICC profile} */
  boolean isPlain() {
    return frame >= BASELINE
        && frame <= PROGRESSIVE
        && (components == 1 || components == 3)
        && !profiled;
  }
}
