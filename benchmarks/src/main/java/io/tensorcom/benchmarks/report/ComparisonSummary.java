// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a run of the comparison says in short: ours over each other, by size, and what is missed.
 */
final class ComparisonSummary {
  private static final List<String> SIZES = List.of("50 kB", "1 MB", "14.45 MB", "77 MB");
  private static final List<String> OVER_TCP = List.of("50kB", "1MB", "tcp", "77MB");
  private static final List<String> OVER_IPC = List.of("ipc-50kB", "ipc-1MB", "ipc", "ipc-77MB");
  private static final Map<String, String> PEERS = new LinkedHashMap<>();

  static {
    PEERS.put("python", "Python tensorcom");
    PEERS.put("jeromq", "JeroMQ alone, the better of two modes");
    PEERS.put("grpc", "gRPC");
    PEERS.put("flight", "Arrow Flight");
    PEERS.put("libzmq", "libzmq, zero-copy");
    PEERS.put("aeron", "Aeron, in shared memory");
    PEERS.put("raw", "a bare socket, in C");
  }

  private final JsonNode measured;
  private final Map<String, Double> ratios = new LinkedHashMap<>();

  ComparisonSummary(JsonNode measured) {
    this.measured = measured;
    for (String part : List.of("targets", "choices", "limits")) {
      for (JsonNode each : measured.path(part)) {
        ratios.put(each.get(0).asText() + " " + each.get(1).asText(), each.get(2).asDouble());
      }
    }
  }

  String text() {
    return table("over TCP", OVER_TCP) + table("over a Unix socket", OVER_IPC) + missed();
  }

  private String table(String medium, List<String> rows) {
    StringBuilder text = new StringBuilder();
    text.append("| ours, ").append(medium).append(", over | ");
    text.append(String.join(" | ", SIZES)).append(" |\n|---|---|---|---|---|\n");
    PEERS.forEach(
        (peer, name) -> {
          List<String> cells = new ArrayList<>();
          for (String row : rows) {
            OptionalDouble ratio = ratio(row, peer);
            cells.add(ratio.isPresent() ? shown(ratio.getAsDouble()) : "-");
          }
          if (cells.stream().anyMatch(cell -> !cell.equals("-"))) {
            text.append("| ").append(name).append(" | ").append(String.join(" | ", cells));
            text.append(" |\n");
          }
        });
    return text.append('\n').toString();
  }

  private OptionalDouble ratio(String row, String peer) {
    boolean modes = peer.equals("jeromq") && row.equals("tcp");
    Double ratio = ratios.get("ours-" + row + " " + (modes ? peer : peer + "-" + row));
    return ratio == null ? OptionalDouble.empty() : OptionalDouble.of(ratio);
  }

  private static String shown(double ratio) {
    String shown = ComparisonReport.shown(ratio, 1);
    return ratio < 1 ? "**" + shown + "**" : shown;
  }

  private String missed() {
    StringBuilder text = new StringBuilder();
    for (JsonNode each : measured.path("targets")) {
      double ratio = each.get(2).asDouble();
      if (ratio < each.get(3).asDouble()) {
        String ours = each.get(0).asText();
        text.append("| ").append(ours).append(" / ").append(each.get(1).asText());
        text.append(String.format(Locale.ROOT, " | %.3f | ", ratio));
        boolean ofOurs = each.get(1).asText().startsWith("ours-");
        text.append(each.get(3).asText()).append(" | ").append(ofOurs ? "-" : raw(ours, ratio));
        text.append(" |\n");
      }
    }
    for (JsonNode each : measured.path("unmeasured")) {
      text.append("| ").append(each.get(0).asText()).append(" / ").append(each.get(1).asText());
      text.append(" | not measured | ").append(each.get(2).asText()).append(" | - |\n");
    }
    for (JsonNode each : measured.path("garbage")) {
      if (each.get(1).asLong() >= ComparisonReport.GARBAGE_BYTES) {
        text.append("| ").append(each.get(0).asText()).append(", garbage a batch | ");
        text.append(each.get(1).asLong()).append(" B | ");
        text.append("below ").append(ComparisonReport.GARBAGE_BYTES).append(" B | - |\n");
      }
    }
    return text.isEmpty()
        ? "No target is missed in this run.\n\n"
        : "| missed | measured | target | a bare socket in its place has |\n|---|---|---|---|\n"
            + text
            + "\n";
  }

  /** What a raw socket has of the same, where that is another one. */
  private String raw(String ours, double ratio) {
    OptionalDouble ofRaw = ratio(ours.replaceFirst("^ours-", ""), "raw");
    return ofRaw.isPresent() && ofRaw.getAsDouble() != ratio
        ? String.format(Locale.ROOT, "%.2f", ratio / ofRaw.getAsDouble())
        : "-";
  }
}
