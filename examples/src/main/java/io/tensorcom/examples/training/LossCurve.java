// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Losses as a picture: each step, and their running mean. */
final class LossCurve {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 400;
  private static final int MARGIN = 50;
  private static final double NEW_SHARE = 0.05;

  private LossCurve() {}

  /** Writes a PNG file. */
  static void write(List<Float> losses, Path file) throws IOException {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, WIDTH, HEIGHT);
    double highest = losses.stream().mapToDouble(Float::doubleValue).max().orElse(1);
    draw(graphics, losses, highest, 1, new Color(0xBB, 0xCC, 0xDD));
    draw(graphics, losses, highest, NEW_SHARE, new Color(0x11, 0x44, 0x99));
    graphics.setColor(Color.DARK_GRAY);
    graphics.drawRect(MARGIN, MARGIN / 2, WIDTH - 2 * MARGIN, HEIGHT - 3 * MARGIN / 2);
    graphics.drawString(String.format(Locale.ROOT, "%.2f", highest), 5, MARGIN / 2 + 10);
    graphics.drawString("0", 5, HEIGHT - MARGIN);
    graphics.drawString("loss over " + losses.size() + " steps", MARGIN, HEIGHT - MARGIN / 2);
    graphics.dispose();
    if (!ImageIO.write(image, "png", file.toFile())) {
      throw new IOException("cannot write a picture: file=" + file);
    }
  }

  private static void draw(
      Graphics2D graphics, List<Float> losses, double highest, double share, Color color) {
    Path2D path = new Path2D.Double();
    double mean = losses.isEmpty() ? 0 : losses.get(0);
    for (int i = 0; i < losses.size(); i++) {
      mean += share * (losses.get(i) - mean);
      double x = MARGIN + (WIDTH - 2.0 * MARGIN) * i / Math.max(1, losses.size() - 1);
      double y = HEIGHT - MARGIN - (HEIGHT - 1.5 * MARGIN) * mean / Math.max(1e-9, highest);
      if (i == 0) {
        path.moveTo(x, y);
      } else {
        path.lineTo(x, y);
      }
    }
    graphics.setColor(color);
    graphics.setStroke(new BasicStroke(share < 1 ? 2 : 1));
    graphics.draw(path);
  }
}
