// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

/**
 * Writes what {@code benchmarks/server-speed} measured into a page: between {@code <!-- servers
 * -->} and {@code <!-- end -->} its tables, and beside the page pictures of samples per second and
 * of the stages.
 *
 * <p>Usage: {@code ServerReport FILE.json PAGE.md}.
 */
public final class ServerReport {
  private ServerReport() {}

  /** Writes the page and its pictures. */
  public static void main(String[] args) throws IOException {
    JsonNode measured = new ObjectMapper().readTree(Path.of(args[0]).toFile());
    Page page = new Page(Path.of(args[1]), "performance");
    StringBuilder text = new StringBuilder();
    measured.path("lines").forEach(line -> text.append(line.asText()).append('\n'));
    text.append('\n');
    SvgPictures.save(rates(measured.path("samples_per_s_per_core")), page.picture("servers"));
    text.append(page.shown("servers"));
    if (!measured.path("stages").isEmpty()) {
      SvgPictures.save(stages(measured.path("stages")), page.picture("stages"));
      text.append(page.shown("stages"));
    }
    page.fill("servers", text.toString());
  }

  private static CategoryChart chart(String title, String unit) {
    CategoryChart chart =
        new CategoryChartBuilder().width(900).height(360).title(title).yAxisTitle(unit).build();
    chart.getStyler().setXAxisLabelRotation(30);
    return chart;
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static CategoryChart rates(JsonNode servers) {
    CategoryChart chart = chart("servers", "samples/s per core");
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setLabelsVisible(true);
    List<String> names = names(servers);
    List<Double> values = names.stream().map(each -> servers.path(each).asDouble()).toList();
    chart.addSeries("median", names, values);
    return chart;
  }

  private static CategoryChart stages(JsonNode servers) {
    CategoryChart chart = chart("stages", "CPU us a sample");
    chart.getStyler().setStacked(true);
    List<String> names = names(servers);
    Set<String> stages = new LinkedHashSet<>();
    names.forEach(each -> stages.addAll(names(servers.path(each))));
    for (String stage : stages) {
      List<Double> micros =
          names.stream().map(each -> servers.path(each).path(stage).asDouble()).toList();
      chart.addSeries(stage, names, micros);
    }
    return chart;
  }
}
