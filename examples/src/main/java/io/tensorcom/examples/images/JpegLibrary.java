// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.examples.cli.UserException;

/** What decodes JPEG. Everything else is ImageIO's. */
public enum JpegLibrary {
  /** libturbojpeg if the system has it, else ImageIO. */
  AUTO,
  /** ImageIO, which every JDK has. */
  IMAGEIO,
  /** libturbojpeg. */
  TURBOJPEG;

  /**
   * Says what {@link #AUTO} means here.
   *
   * @return {@link #IMAGEIO} or {@link #TURBOJPEG}
   * @throws UserException if libturbojpeg is asked for and not there
   */
  JpegLibrary resolve() {
    if (this == IMAGEIO) {
      return IMAGEIO;
    }
    if (TurboJpeg.library() != null) {
      return TURBOJPEG;
    }
    if (this == TURBOJPEG) {
      throw new UserException("no libturbojpeg: install it (Debian: libturbojpeg0)");
    }
    return IMAGEIO;
  }

  /** {@return what will decode JPEG, for a log} */
  public String describe() {
    return resolve() == TURBOJPEG
        ? String.valueOf(TurboJpeg.library())
        : "ImageIO (libturbojpeg, if installed, is faster)";
  }
}
