// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Losses as a picture: each step, and their running mean. */
final class LossCurve {
  private static final double NEW_SHARE = 0.05;

  private LossCurve() {}

  /** Writes a PNG file. */
  static void write(List<Float> losses, Path file) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(800)
            .height(400)
            .xAxisTitle("step")
            .yAxisTitle("mean loss of the batch")
            .build();
    List<Integer> steps = new ArrayList<>();
    List<Double> means = new ArrayList<>();
    double mean = losses.isEmpty() ? 0 : losses.get(0);
    for (int i = 0; i < losses.size(); i++) {
      mean += NEW_SHARE * (losses.get(i) - mean);
      steps.add(i + 1);
      means.add(mean);
    }
    if (!losses.isEmpty()) {
      add(chart, "each step", steps, losses, Color.LIGHT_GRAY);
      add(chart, "running mean", steps, means, Color.BLUE);
    }
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
  }

  private static void add(
      XYChart chart, String name, List<Integer> steps, List<? extends Number> values, Color color) {
    chart.addSeries(name, steps, values).setMarker(SeriesMarkers.NONE).setLineColor(color);
  }
}
