// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/**
 * Writes what {@code benchmarks/growth} measured along one axis into a page: between {@code <!--
 * AXIS -->} and {@code <!-- end -->} a line of conditions and a table, and beside the page a
 * picture with logarithmic axes.
 *
 * <p>Usage: {@code GrowthReport AXIS PARAMETER JMH.json PAGE.md CONDITIONS}.
 */
public final class GrowthReport {
  private final String axis;

  /** Microseconds, by benchmark and value of the parameter. */
  private final Map<String, Map<Long, Double>> times = new TreeMap<>();

  private GrowthReport(String axis, String parameter, JsonNode measured) {
    this.axis = axis;
    for (JsonNode each : measured) {
      String name = each.path("benchmark").asText().replaceAll(".*\\.", "");
      times
          .computeIfAbsent(name, key -> new TreeMap<>())
          .put(
              each.path("params").path(parameter).asLong(),
              each.path("primaryMetric").path("score").asDouble());
    }
  }

  /** Writes the page and its picture. */
  public static void main(String[] args) throws IOException {
    GrowthReport report =
        new GrowthReport(args[0], args[1], new ObjectMapper().readTree(Path.of(args[2]).toFile()));
    Page page = new Page(Path.of(args[3]), "growth");
    report.draw(page.picture(args[0]));
    page.fill(args[0], args[4] + "\n\n" + report.table() + "\n" + page.shown(args[0]));
  }

  private Collection<Long> values() {
    TreeSet<Long> values = new TreeSet<>();
    times.values().forEach(each -> values.addAll(each.keySet()));
    return values;
  }

  private String table() {
    StringBuilder text = new StringBuilder("| " + axis + " |");
    times.keySet().forEach(name -> text.append(' ').append(name).append(", us |"));
    text.append("\n|---|").append("---|".repeat(times.size())).append('\n');
    for (long value : values()) {
      text.append("| ").append(String.format(Locale.ROOT, "%,d", value)).append(" |");
      for (Map<Long, Double> each : times.values()) {
        text.append(' ').append(shown(each.get(value))).append(" |");
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String shown(@Nullable Double micros) {
    return micros == null
        ? "-"
        : String.format(Locale.ROOT, micros < 10 ? "%.2f" : "%,.0f", micros);
  }

  private void draw(Path file) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(700)
            .height(360)
            .title(axis)
            .xAxisTitle(axis)
            .yAxisTitle("us")
            .build();
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setPlotGridLinesVisible(false);
    times.forEach(
        (name, each) -> {
          List<Double> x = new ArrayList<>();
          each.keySet().forEach(value -> x.add((double) value));
          chart.addSeries(name, x, new ArrayList<>(each.values()));
        });
    SvgPictures.save(chart, file);
  }
}
