// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.internal.chartpart.Chart;

/** Charts as SVG files of a size that a repository can keep. */
final class SvgPictures {
  private SvgPictures() {}

  /** Writes a chart. Letters are outlines: a tenth of a pixel is fine enough for them. */
  static void save(Chart<?, ?> chart, Path file) throws IOException {
    VectorGraphicsEncoder.saveVectorGraphic(
        chart, file.toString(), VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
    String drawn = Files.readString(file);
    Files.writeString(file, drawn.replaceAll("(\\d+\\.\\d)\\d+", "$1").replaceAll("(?m)^\\s+", ""));
  }
}
