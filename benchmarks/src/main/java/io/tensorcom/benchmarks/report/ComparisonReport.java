// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

/**
 * Writes what {@code benchmarks/compare --json FILE} measured into a page: between the lines {@code
 * <!-- summary -->} and {@code <!-- end -->} ours over each other, between {@code <!-- comparison
 * -->} and the next {@code <!-- end -->} a table of medians, ratios and conditions, and beside the
 * page a picture for each kind of work.
 *
 * <p>Usage: {@code ComparisonReport FILE.json PAGE.md}.
 */
public final class ComparisonReport {
  static final int GARBAGE_BYTES = 1000;

  /** What is drawn: title, and which rows belong to it. */
  private static final Map<String, Predicate<String>> PICTURES = new LinkedHashMap<>();

  static {
    PICTURES.put(
        "tcp", name -> name.contains("-tcp") || (name.startsWith("jeromq-") && !sized(name)));
    PICTURES.put("ipc", name -> name.endsWith("-ipc"));
    PICTURES.put("foreign", name -> name.contains("-to-"));
    PICTURES.put("50kB", name -> name.endsWith("-50kB"));
    PICTURES.put("1MB", name -> name.endsWith("-1MB"));
    PICTURES.put("77MB", name -> name.endsWith("-77MB"));
  }

  private final JsonNode measured;

  private ComparisonReport(JsonNode measured) {
    this.measured = measured;
  }

  /** Writes the page and its pictures. */
  public static void main(String[] args) throws IOException {
    JsonNode measured = new ObjectMapper().readTree(Path.of(args[0]).toFile());
    ComparisonReport report = new ComparisonReport(measured);
    Page page = new Page(Path.of(args[1]), "performance");
    page.fill("summary", new ComparisonSummary(measured).text());
    page.fill(
        "comparison", report.conditions() + report.table() + report.ratios() + report.draw(page));
  }

  private static boolean sized(String name) {
    return name.endsWith("MB") || name.endsWith("kB");
  }

  private static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }

  private String conditions() {
    StringBuilder text = new StringBuilder();
    text.append("Measured ").append(measured.path("date").asText());
    text.append(" with `").append(measured.path("command").asText()).append("`: rows over TCP");
    text.append(" in ")
        .append(measured.path("turns").asInt())
        .append(" turns of a second (↻), the");
    text.append(" others in ").append(measured.path("rounds").asInt());
    text.append(" rounds. A ratio is of medians, to the best of a baseline's rows: raw-tcp also");
    text.append(" stands for raw-tcp-our-windows, jeromq for both of its modes, and all for the");
    text.append(" given ones that were measured in the same way.\n\n");
    for (String part : List.of("machine", "versions")) {
      List<String> values = new ArrayList<>();
      measured
          .path(part)
          .properties()
          .forEach(each -> values.add(each.getKey() + " " + text(each.getValue())));
      text.append("- ").append(String.join(", ", values)).append('\n');
    }
    text.append("- peak RSS of small programs in rounds is that of the script that starts them\n");
    for (JsonNode missing : measured.path("left_out")) {
      text.append("- left out: ").append(missing.asText()).append('\n');
    }
    for (JsonNode again : measured.path("repeated")) {
      text.append("- hung or failed, and was run once more: ").append(again.asText()).append('\n');
    }
    for (JsonNode failure : measured.path("failures")) {
      text.append("- FAILED: ").append(failure.asText()).append('\n');
    }
    return text.append('\n').toString();
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        "| row | batch, bytes | GB/s, median | middle half (↻), or lowest to highest | batches/s |");
    text.append(" CPU s/GB, sender + receiver | peak RSS MB |\n|---|---|---|---|---|---|---|\n");
    measured
        .path("rows")
        .properties()
        .forEach(
            row -> {
              List<Double> rates = rates(row.getValue());
              if (!rates.isEmpty()) {
                text.append(line(row.getKey(), row.getValue(), rates));
              }
            });
    return text.append('\n').toString();
  }

  private static String line(String name, JsonNode row, List<Double> rates) {
    boolean turns = row.path("turns").asBoolean();
    List<Double> sorted = rates.stream().sorted().toList();
    int leftOut = turns ? sorted.size() / 4 : 0;
    return String.format(
        Locale.ROOT,
        "| %s%s | %d | %.2f | %.2f to %.2f | %.0f | %s | %s |%n",
        name,
        turns ? " ↻" : "",
        row.path("bytes").asLong(),
        median(rates),
        sorted.get(leftOut),
        sorted.get(sorted.size() - 1 - leftOut),
        median(rates) * 1e9 / row.path("bytes").asDouble(),
        both(row, "cpu_s_per_gb", "%.2f"),
        both(row, "rss_mb", "%.0f"));
  }

  private static String both(JsonNode row, String value, String format) {
    List<String> sides = new ArrayList<>();
    for (int side = 0; side < 2; side++) {
      int which = side;
      sides.add(
          String.format(
              Locale.ROOT,
              format,
              median(of(row, each -> each.path(value).path(which).asDouble()))));
    }
    return String.join(" + ", sides);
  }

  private String ratios() {
    StringBuilder text = new StringBuilder("| ratio | measured | target | |\n|---|---|---|---|\n");
    for (JsonNode each : measured.path("targets")) {
      double ratio = each.get(2).asDouble();
      double target = each.get(3).asDouble();
      text.append(
          String.format(
              Locale.ROOT,
              "| %s / %s | %s | %s | %s |%n",
              each.get(0).asText(),
              each.get(1).asText(),
              shown(ratio, target),
              target,
              ratio >= target ? "met" : "**missed**"));
    }
    for (JsonNode each : measured.path("unmeasured")) {
      text.append("| ").append(each.get(0).asText()).append(" / ").append(each.get(1).asText());
      text.append(" | - | ").append(each.get(2).asText()).append(" | **not measured** |\n");
    }
    appendUntargeted(text, "choices", ratio -> ratio < 1 ? "**slower**" : "");
    appendUntargeted(text, "limits", ratio -> "a bare socket");
    for (JsonNode each : measured.path("baselines")) {
      boolean sound = each.get(2).asDouble() >= each.get(3).asDouble();
      String verdict = "our baseline, another's" + (sound ? "" : ": **FAILED, ours is too slow**");
      text.append(untargeted(each, verdict));
    }
    for (JsonNode each : measured.path("garbage")) {
      long most = each.get(1).asLong();
      text.append("| ")
          .append(each.get(0).asText())
          .append(", garbage a batch, either side, at most | ");
      text.append(most).append(" B | ").append(GARBAGE_BYTES).append(" B | ");
      text.append(most < GARBAGE_BYTES ? "met" : "**missed**").append(" |\n");
    }
    return text.append('\n').toString();
  }

  /** With as many digits as tell it from the target. */
  static String shown(double ratio, double target) {
    String shown = String.format(Locale.ROOT, "%.2f", ratio);
    boolean hides = ratio < target && Double.parseDouble(shown) >= target;
    return hides ? String.format(Locale.ROOT, "%.3f", ratio) : shown;
  }

  private void appendUntargeted(StringBuilder text, String part, DoubleFunction<String> verdict) {
    for (JsonNode each : measured.path(part)) {
      text.append(untargeted(each, verdict.apply(each.get(2).asDouble())));
    }
  }

  private static String untargeted(JsonNode ratio, String verdict) {
    return String.format(
        Locale.ROOT,
        "| %s / %s | %.2f | - | %s |%n",
        ratio.get(0).asText(),
        ratio.get(1).asText(),
        ratio.get(2).asDouble(),
        verdict);
  }

  private String draw(Page page) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Predicate<String>> picture : PICTURES.entrySet()) {
      List<String> names = new ArrayList<>();
      List<Double> values = new ArrayList<>();
      measured
          .path("rows")
          .properties()
          .forEach(
              row -> {
                List<Double> rates = rates(row.getValue());
                if (picture.getValue().test(row.getKey()) && !rates.isEmpty()) {
                  names.add(row.getKey());
                  values.add(median(rates));
                }
              });
      if (names.size() > 1) {
        String name = picture.getKey();
        SvgPictures.save(chart(name, names, values), page.picture(name));
        text.append(page.shown(name));
      }
    }
    return text.toString();
  }

  private static CategoryChart chart(String title, List<String> names, List<Double> values) {
    CategoryChart chart =
        new CategoryChartBuilder().width(900).height(360).title(title).yAxisTitle("GB/s").build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setXAxisLabelRotation(30);
    chart.getStyler().setLabelsVisible(true);
    chart.addSeries("median", names, values);
    return chart;
  }

  private static List<Double> rates(JsonNode row) {
    return of(row, each -> each.path("gb_per_s").asDouble());
  }

  private static List<Double> of(JsonNode row, ToDoubleFunction<JsonNode> value) {
    List<Double> values = new ArrayList<>();
    row.path("rounds").forEach(each -> values.add(value.applyAsDouble(each)));
    return values;
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }
}
