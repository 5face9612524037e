// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM holds on to. Its resident memory alone does not tell: a heap grows to its limit before
 * anybody looks at what is old in it.
 *
 * @param live what is left in the heap by a collection of all of it
 * @param outside what is resident outside the heap: direct memory, code, classes, stacks, malloc
 */
record Footprint(long live, long outside) {
  private static final Pattern GENERATION = Pattern.compile("Gen +total .* used (\\d+)K");
  private static final Pattern BOUNDS =
      Pattern.compile("Gen .*\\[0x(\\p{XDigit}+), 0x\\p{XDigit}+, 0x(\\p{XDigit}+)\\)");
  private static final Pattern MAPPING =
      Pattern.compile("^(\\p{XDigit}+)-\\p{XDigit}+ [-rwxsp]{4} .*");
  private static final Pattern RESIDENT = Pattern.compile("^Rss: +(\\d+) kB");

  /** Has the heap collected, and looks. */
  static Footprint of(long pid) throws IOException, InterruptedException {
    jcmd(pid, "GC.run");
    long live = 0;
    long from = Long.MAX_VALUE;
    long to = 0;
    for (String line : jcmd(pid, "GC.heap_info")) {
      Matcher used = GENERATION.matcher(line);
      Matcher bounds = BOUNDS.matcher(line);
      if (used.find() && bounds.find()) {
        live += Long.parseLong(used.group(1)) << 10;
        from = Math.min(from, Long.parseUnsignedLong(bounds.group(1), 16));
        to = Math.max(to, Long.parseUnsignedLong(bounds.group(2), 16));
      }
    }
    if (to == 0) {
      throw new IOException("not a parallel collector's heap");
    }
    return new Footprint(live, residentOutside(pid, from, to));
  }

  private static long residentOutside(long pid, long from, long to) throws IOException {
    long outside = 0;
    boolean counts = true;
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
      Matcher mapping = MAPPING.matcher(line);
      Matcher resident = RESIDENT.matcher(line);
      if (mapping.matches()) {
        long start = Long.parseUnsignedLong(mapping.group(1), 16);
        counts = start < from || start >= to;
      } else if (counts && resident.find()) {
        outside += Long.parseLong(resident.group(1)) << 10;
      }
    }
    return outside;
  }

  private static List<String> jcmd(long pid, String command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                command)
            .redirectErrorStream(true)
            .start();
    List<String> said = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    if (process.waitFor() != 0) {
      throw new IOException("jcmd " + command + ": " + said);
    }
    return said;
  }

  @Override
  public String toString() {
    return (live >> 20) + " MiB live in the heap, " + (outside >> 20) + " MiB outside";
  }
}
