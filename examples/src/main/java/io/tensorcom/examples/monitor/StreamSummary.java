// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import io.tensorcom.tensor.TensorBatch;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** The batches of one source, position by position. Not thread-safe. */
final class StreamSummary {
  private final List<PositionSummary> positions = new ArrayList<>();
  private long batches;
  private long bytes;

  void add(TensorBatch batch) {
    batches++;
    bytes += batch.byteSize();
    for (int i = 0; i < batch.size(); i++) {
      if (i == positions.size()) {
        positions.add(new PositionSummary());
      }
      positions.get(i).add(batch.get(i));
    }
  }

  long batches() {
    return batches;
  }

  long bytes() {
    return bytes;
  }

  /** Prints what Python prints, with this line about the source. */
  void printText(PrintStream out, String source) {
    out.println("Source:");
    out.println(source);
    out.println();
    for (int i = 0; i < positions.size(); i++) {
      out.println("=== Input " + i + " ===");
      out.println();
      positions.get(i).text().forEach(out::println);
      out.println();
    }
    out.flush();
  }

  void printJson(PrintStream out) {
    for (int i = 0; i < positions.size(); i++) {
      out.println(positions.get(i).json(i));
    }
    out.flush();
  }
}
