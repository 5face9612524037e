// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import io.tensorcom.examples.monitor.Elements;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import java.nio.ByteBuffer;

/**
 * The images of a tensor, small enough for a cell: each pixel is the mean of a square of the
 * image's, or a square of its own for one of the image's. What it costs depends on the cell, not on
 * the image. The tensor is borrowed. Not thread-safe.
 *
 * <p>Bytes are shown as they are. Other numbers are from 0 to 1; where some of an image are not,
 * its least is shown as black and its greatest as white. What is not a number is shown in magenta.
 */
final class Thumbnails {
  static final int NOT_A_NUMBER = 0xff00ff;

  /** So many elements in a row and a column at most make up a pixel. */
  private static final int MOST_SAMPLES = 4;

  private static final double BYTE = 255;

  private final ImageLayout layout;
  private final DType dtype;
  private final ByteBuffer data;
  private final int shrink;
  private final int columns;
  private final int rows;
  private final int grow;
  private final int step;
  private final double[] values = new double[3];
  private final double[] sums = new double[3];
  private double black;
  private double white;

  Thumbnails(Tensor tensor, ImageLayout layout, int cell) {
    this.layout = layout;
    this.dtype = tensor.dtype();
    this.data = tensor.data();
    int side = Math.max(layout.width(), layout.height());
    this.shrink = ceilDiv(side, cell);
    this.columns = ceilDiv(layout.width(), shrink);
    this.rows = ceilDiv(layout.height(), shrink);
    this.grow = Math.max(1, cell / side);
    this.step = Math.max(1, shrink / MOST_SAMPLES);
  }

  private static int ceilDiv(int number, int by) {
    return (number + by - 1) / by;
  }

  int images() {
    return layout.images();
  }

  int width() {
    return columns * grow;
  }

  int height() {
    return rows * grow;
  }

  /** Paints an image with its upper left corner at this place. */
  void paint(int image, Picture picture, int left, int top) {
    findRange(image);
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        picture.fill(left + x * grow, top + y * grow, grow, color(image, x, y));
      }
    }
  }

  private void findRange(int image) {
    black = 0;
    white = dtype == DType.UINT8 ? BYTE : 1;
    if (dtype == DType.UINT8) {
      return;
    }
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int y = 0; y < layout.height(); y += step) {
      for (int x = 0; x < layout.width(); x += step) {
        read(image, x, y);
        for (int c = 0; c < layout.shownChannels(); c++) {
          if (Double.isFinite(values[c])) {
            least = Math.min(least, values[c]);
            greatest = Math.max(greatest, values[c]);
          }
        }
      }
    }
    if (least < 0 || greatest > 1) {
      black = least;
      white = greatest;
    }
  }

  private int color(int image, int x, int y) {
    sums[0] = 0;
    sums[1] = 0;
    sums[2] = 0;
    int count = 0;
    int bottom = Math.min(layout.height(), (y + 1) * shrink);
    int right = Math.min(layout.width(), (x + 1) * shrink);
    for (int row = y * shrink; row < bottom; row += step) {
      for (int column = x * shrink; column < right; column += step) {
        read(image, column, row);
        sums[0] += values[0];
        sums[1] += values[1];
        sums[2] += values[2];
        count++;
      }
    }
    if (layout.shownChannels() == 1) {
      return Double.isNaN(sums[0]) ? NOT_A_NUMBER : level(sums[0] / count) * 0x010101;
    }
    if (Double.isNaN(sums[0] + sums[1] + sums[2])) {
      return NOT_A_NUMBER;
    }
    return level(sums[0] / count) << 16 | level(sums[1] / count) << 8 | level(sums[2] / count);
  }

  private int level(double value) {
    if (white <= black) {
      return 0;
    }
    // By halves, so that the greatest doubles have a difference.
    double share = (value / 2 - black / 2) / (white / 2 - black / 2);
    return (int) Math.round(BYTE * Math.min(1, Math.max(0, share)));
  }

  private void read(int image, int column, int row) {
    int index =
        image * layout.imageStride() + row * layout.rowStride() + column * layout.columnStride();
    if (layout.channelStride() == 1) {
      readFrom(index, layout.shownChannels());
      return;
    }
    for (int c = layout.shownChannels() - 1; c >= 0; c--) {
      readFrom(index + c * layout.channelStride(), 1);
      values[c] = values[0];
    }
  }

  private void readFrom(int index, int count) {
    Elements.read(dtype, data.position(index * dtype.byteSize()), values, count);
  }
}
