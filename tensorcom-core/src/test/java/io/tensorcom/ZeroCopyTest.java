// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Seen from outside: every large system call reads into the slab that the received tensor reports,
 * and writes from the buffer that the sender's tensor lies in. strace shows the addresses of all
 * calls but gathering ones; those carry a header and one piece of a body, so the pieces are small
 * here.
 */
@EnabledIf("isStraceThere")
@Timeout(180)
final class ZeroCopyTest {
  private static final int COUNT = 20;
  private static final double COPIED_AT_MOST = 0.001;
  private static final Pattern CALL =
      Pattern.compile("(\\w+)\\(0x([0-9a-f]+), 0x([0-9a-f]+), .*= 0x([0-9a-f]+)$");
  private static final Pattern GATHERED = Pattern.compile("(writev|sendmsg)\\((\\d+),.*= (\\d+)$");

  static boolean isStraceThere() {
    boolean there = Files.isExecutable(Path.of("/usr/bin/strace"));
    if (!there) {
      String reason = "no strace here: install the Debian package strace";
      if (System.getenv("TENSORCOM_REQUIRE_STRACE") != null) {
        throw new IllegalStateException(reason);
      }
      System.out.println("SKIPPED: " + reason);
    }
    return there;
  }

  /** One process under strace. */
  private record Side(Process process, Path trace, Path output) {
    List<Long> addresses() throws IOException {
      return Files.readAllLines(output).stream().map(Long::valueOf).toList();
    }
  }

  private static Side start(Path folder, String role, String url) throws IOException {
    Path trace = folder.resolve(role + ".trace");
    Path output = folder.resolve(role + ".out");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>();
    command.addAll(List.of("strace", "-f", "-qq", "-s", "0", "-o", trace.toString()));
    String raw = "read,recvfrom,write,sendto";
    command.addAll(List.of("-e", "trace=" + raw + ",writev,sendmsg", "-e", "raw=" + raw));
    command.addAll(List.of("-e", "signal=none", java, "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(AddressPrinter.class.getName(), role, url, "" + COUNT));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(folder.resolve(role + ".err").toFile())
            .start();
    return new Side(process, trace, output);
  }

  /** Bytes that one socket moved, and how many of them to or from memory that is known. */
  private static final class Moved {
    long known;
    long all;
  }

  /** {@return what the busiest descriptor moved} */
  private static Moved moved(Side side, Set<String> calls) throws IOException {
    Map<Integer, Moved> byDescriptor = new HashMap<>();
    List<Long> addresses = side.addresses();
    for (String line : joined(Files.readAllLines(side.trace(), StandardCharsets.ISO_8859_1))) {
      Matcher gathered = GATHERED.matcher(line);
      Matcher call = CALL.matcher(line);
      if (gathered.find() && calls.contains(gathered.group(1))) {
        int descriptor = Integer.parseInt(gathered.group(2));
        byDescriptor.computeIfAbsent(descriptor, key -> new Moved()).all +=
            Long.parseLong(gathered.group(3));
      } else if (call.find() && calls.contains(call.group(1))) {
        long at = Long.parseUnsignedLong(call.group(3), 16);
        long count = Long.parseUnsignedLong(call.group(4), 16);
        if (count > 0) {
          Moved sums =
              byDescriptor.computeIfAbsent(Integer.parseInt(call.group(2), 16), key -> new Moved());
          sums.all += count;
          boolean inside =
              addresses.stream()
                  .anyMatch(slab -> at >= slab && at + count <= slab + AddressPrinter.BYTES);
          sums.known += inside ? count : 0;
        }
      }
    }
    return byDescriptor.values().stream().reduce((a, b) -> a.all >= b.all ? a : b).orElseThrow();
  }

  /** Puts together the halves of calls that another thread's calls interrupted. */
  private static List<String> joined(List<String> lines) {
    Map<String, String> unfinished = new HashMap<>();
    List<String> whole = new ArrayList<>();
    for (String line : lines) {
      int blank = line.indexOf(' ');
      String thread = line.substring(0, blank);
      String text = line.substring(blank + 1).strip();
      if (text.endsWith("<unfinished ...>")) {
        unfinished.put(thread, text.replace("<unfinished ...>", ""));
      } else if (text.startsWith("<...")) {
        String rest = text.substring(text.indexOf("resumed>") + "resumed>".length());
        whole.add(unfinished.getOrDefault(thread, "") + rest);
      } else {
        whole.add(text);
      }
    }
    return whole;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ipc"})
  void shouldMoveBodiesBetweenSocketAndTensorWithoutCopyWhenSeenFromOutside(
      String medium, @TempDir Path folder) throws Exception {
    String place =
        medium.equals("ipc") ? "+ipc://" + folder.resolve("s") : "://127.0.0.1:" + freePort();
    Side sender = start(folder, "send", "zrpush" + place + "?write=4k");
    Side receiver = start(folder, "recv", "zrpull" + place);

    assertThat(receiver.process().waitFor(90, TimeUnit.SECONDS)).isTrue();
    assertThat(sender.process().waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(new HashSet<>(sender.addresses())).hasSize(1);
    assertThat(receiver.addresses()).hasSize(COUNT);
    assertCopiedNothing(moved(receiver, Set.of("read", "recvfrom")));
    assertCopiedNothing(moved(sender, Set.of("write", "sendto", "writev", "sendmsg")));
  }

  private static void assertCopiedNothing(Moved moved) {
    assertThat(moved.all).isGreaterThanOrEqualTo((long) COUNT * AddressPrinter.BYTES);
    double copied = (double) (moved.all - moved.known) / moved.all;
    System.out.printf("copied at most %.4f %% of %d bytes%n", copied * 100, moved.all);
    assertThat(copied).isLessThan(COPIED_AT_MOST);
  }

  private static int freePort() throws IOException {
    try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
