// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.ServiceName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class CliTest {
  @Command(name = "tool", mixinStandardHelpOptions = true)
  static final class Tool implements Callable<Integer> {
    private final Callable<Integer> work;

    @Option(names = "-b")
    int number;

    Tool(Callable<Integer> work) {
      this.work = work;
    }

    @Override
    public Integer call() throws Exception {
      return work.call();
    }
  }

  private static ToolRun run(Callable<Integer> work, String... args) {
    return ToolRun.of(out -> new Tool(work), args);
  }

  private static ToolRun failing(Exception e) {
    return run(
        () -> {
          throw e;
        });
  }

  private static void assertOneLine(ToolRun run, int exitCode, String line) {
    assertThat(run.err()).containsExactly(line);
    assertThat(run.exitCode()).isEqualTo(exitCode);
  }

  @Test
  void shouldReturnTheExitCodeWhenTheCommandReturnsOne() {
    assertThat(run(() -> 0)).isEqualTo(new ToolRun(0, List.of(), List.of()));
    assertThat(run(() -> 7).exitCode()).isEqualTo(7);
  }

  @Test
  void shouldSayOneLineWhenAFlagIsUnknown() {
    assertOneLine(run(() -> 0, "--nonsense"), 2, "tool: Unknown option: '--nonsense' (see --help)");
  }

  @Test
  void shouldSayOneLineWhenAValueIsNotANumber() {
    assertOneLine(
        run(() -> 0, "-b", "many"),
        2,
        "tool: Invalid value for option '-b': 'many' is not an int (see --help)");
  }

  @Test
  void shouldSayOneLineWhenAnArgumentIsIllegal() {
    assertOneLine(failing(new IllegalArgumentException("-b: 0")), 2, "tool: -b: 0");
  }

  @Test
  void shouldSayOneLineWhenTheUserCanMendIt() {
    assertOneLine(failing(new UserException("no shard")), 1, "tool: no shard");
  }

  @Test
  void shouldSayOneLineWhenTheMessageHasSeveral() {
    assertOneLine(failing(new UserException("a\n   b\r\nc\n")), 1, "tool: a b c");
  }

  @Test
  void shouldSayWhatCameOfANameWhenItsExplanationIsLong() {
    DiscoveryException refused =
        new DiscoveryException(
            ServiceName.of("shards", 7880),
            DiscoveryException.Reason.NOT_FOUND,
            "no endpoint within 5 ms: shards:7880: not found\n  candidate shards.\n  hint: none\n");
    assertOneLine(
        failing(refused),
        1,
        "tool: no endpoint within 5 ms: shards:7880: not found; tensorcom-resolve shows why");
  }

  @Test
  void shouldSayWhatIsWrongWhenAFileIsMissing() {
    assertOneLine(failing(new NoSuchFileException("x.ten")), 1, "tool: no such file: x.ten");
    assertOneLine(
        failing(new UncheckedIOException(new IOException("disk full"))), 1, "tool: disk full");
  }

  @Test
  void shouldSayOneLineWhenTheToolHasABug() {
    assertOneLine(
        failing(new IllegalStateException("oops")),
        1,
        "tool: unexpected IllegalStateException: oops"
            + " (JAVA_OPTS=-Dtensorcom.debug=true shows where)");
  }

  @Test
  void shouldSayOneLineWhenTheMachineFails() {
    ToolRun run =
        run(
            () -> {
              throw new OutOfMemoryError("Java heap space");
            });
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("tool: unexpected OutOfMemoryError: Java heap space");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void shouldShowTheStackWhenDebugging() {
    System.setProperty("tensorcom.debug", "true");
    try {
      assertThat(failing(new UserException("no shard")).err())
          .startsWith("tool: no shard")
          .anyMatch(line -> line.contains("CliTest"));
    } finally {
      System.clearProperty("tensorcom.debug");
    }
  }
}
