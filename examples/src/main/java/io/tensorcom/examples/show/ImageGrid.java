// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import java.util.List;

/**
 * One picture of many images, in cells of one size.
 *
 * @param columns cells in a row
 * @param cellWidth without the gap between cells
 */
record ImageGrid(Picture picture, int images, int columns, int cellWidth, int cellHeight) {
  static final int GAP = 4;
  static final int BACKGROUND = 0x808080;

  private static final int WIDEST = 1200;

  /**
   * Paints images.
   *
   * @param sides what stands side by side in each cell
   * @param most so many images at most
   */
  static ImageGrid paint(List<Thumbnails> sides, int most) {
    int images = most;
    int width = (sides.size() - 1) * GAP;
    int height = 0;
    for (Thumbnails side : sides) {
      images = Math.min(images, side.images());
      width += side.width();
      height = Math.max(height, side.height());
    }
    int columns = Math.max(1, Math.min(images, WIDEST / (width + GAP)));
    int rows = (images + columns - 1) / columns;
    Picture picture =
        new Picture(columns * (width + GAP) + GAP, rows * (height + GAP) + GAP, BACKGROUND);
    ImageGrid grid = new ImageGrid(picture, images, columns, width, height);
    for (int image = 0; image < images; image++) {
      int left = grid.left(image);
      for (Thumbnails side : sides) {
        side.paint(image, picture, left, grid.top(image));
        left += side.width() + GAP;
      }
    }
    return grid;
  }

  /** {@return the first column of pixels of an image's cell} */
  int left(int image) {
    return GAP + image % columns * (cellWidth + GAP);
  }

  /** {@return the first row of pixels of an image's cell} */
  int top(int image) {
    return GAP + image / columns * (cellHeight + GAP);
  }
}
