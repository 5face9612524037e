// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.examples.demo.TensorcomDemo;
import io.tensorcom.examples.gpu.GpuCheck;
import io.tensorcom.examples.log.ToolLog;
import io.tensorcom.examples.monitor.Tensormon;
import io.tensorcom.examples.monitor.Tensorstat;
import io.tensorcom.examples.resolve.TensorcomResolve;
import io.tensorcom.examples.serve.ServeImagenetDir;
import io.tensorcom.examples.serve.ServeImagenetShards;
import io.tensorcom.examples.show.Tensorshow;
import io.tensorcom.examples.training.Training;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

final class EnvironmentTest {
  @Command(name = "tool")
  static final class Tool implements Callable<Integer> {
    @Option(
        names = {"-b", "--batch-size"},
        defaultValue = "32")
    int batch;

    @Option(names = "--json")
    boolean json;

    @CommandLine.Parameters(defaultValue = "zsub://127.0.0.1:7880")
    List<String> urls = List.of();

    @Override
    public Integer call() {
      return 0;
    }
  }

  private final Tool tool = new Tool();

  private List<String> run(Map<String, String> variables, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    var unused = Cli.run(tool, new PrintStream(err, true, StandardCharsets.UTF_8), variables, args);
    return err.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void shouldTakeOptionsFromTheEnvironmentWhenTheCommandLineHasNone() {
    assertThat(
            run(
                Map.of(
                    "TENSORCOM_BATCH_SIZE", " 96 ",
                    "TENSORCOM_JSON", "true",
                    "TENSORCOM_URL", "zsub://shards.bigdata19:7880")))
        .isEmpty();
    assertThat(tool.batch).isEqualTo(96);
    assertThat(tool.json).isTrue();
    assertThat(tool.urls).containsExactly("zsub://shards.bigdata19:7880");
  }

  @Test
  void shouldPreferTheCommandLineWhenItHasTheOption() {
    Map<String, String> variables =
        Map.of(
            "TENSORCOM_BATCH_SIZE", "96", "TENSORCOM_JSON", "true", "TENSORCOM_URL", "zsub://a:1");
    assertThat(run(variables, "-b", "7", "--json", "zsub://b:1", "zsub://c:1")).isEmpty();
    assertThat(tool.batch).isEqualTo(7);
    assertThat(tool.json).isTrue();
    assertThat(tool.urls).containsExactly("zsub://b:1", "zsub://c:1");
  }

  @Test
  void shouldUseTheDefaultWhenAVariableIsEmptyOrFalse() {
    assertThat(
            run(
                Map.of(
                    "TENSORCOM_BATCH_SIZE", "", "TENSORCOM_JSON", "false", "TENSORCOM_URL", " ")))
        .isEmpty();
    assertThat(tool.batch).isEqualTo(32);
    assertThat(tool.json).isFalse();
    assertThat(tool.urls).containsExactly("zsub://127.0.0.1:7880");
  }

  @Test
  void shouldNameTheVariableWhenItsValueIsBad() {
    assertThat(run(Map.of("TENSORCOM_BATCH_SIZE", "many")))
        .containsExactly(
            "tool: Invalid value for option '--batch-size': 'many' is not an int"
                + " (from TENSORCOM_BATCH_SIZE) (see --help)");
  }

  @Test
  void shouldSayWhatIsWrongAsJsonWhenTheEnvironmentAsksForIt() {
    try {
      assertThat(run(Map.of("TENSORCOM_BATCH_SIZE", "many", "TENSORCOM_LOG_FORMAT", "json")))
          .hasSize(1)
          .allMatch(line -> line.startsWith("{\"time\":") && line.contains("'many' is not an int"));
      assertThat(run(Map.of("TENSORCOM_LOG_FORMAT", "json"), "--log-format=text", "--nonsense"))
          .containsExactly("tool: Unknown option: '--nonsense' (see --help)");
      assertThat(run(Map.of("TENSORCOM_LOG_FORMAT", "xml"))).hasSize(1);
    } finally {
      ToolLog.configure(ToolLog.Format.TEXT, null);
    }
  }

  static Stream<Callable<Integer>> tools() {
    return Stream.of(
        new ServeImagenetShards(),
        new ServeImagenetDir(),
        new Tensormon(),
        new Tensorstat(),
        new Tensorshow(),
        new TensorcomResolve(),
        new Training(),
        new GpuCheck(),
        new TensorcomDemo());
  }

  /** Values that are not the default, by the type of an option. */
  private static String sample(ArgSpec arg) {
    Class<?> type =
        arg.typeInfo().isMultiValue() ? arg.typeInfo().getAuxiliaryTypes()[0] : arg.type();
    if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return ((Enum<?>) Objects.requireNonNull(constants)[constants.length - 1]).name();
    }
    boolean flag = type == boolean.class || type == Boolean.class;
    boolean text = type == String.class || type == java.nio.file.Path.class;
    return flag ? "true" : text ? "some-text" : "7";
  }

  private static String shown(@Nullable Object value) {
    return String.valueOf(value)
        .replaceAll("^\\[|\\]$", "")
        .replaceAll("\\.0$", "")
        .toLowerCase(Locale.ROOT);
  }

  @ParameterizedTest
  @MethodSource("tools")
  void shouldReadEveryOptionFromTheEnvironmentWhenAToolIsParsed(Callable<Integer> command) {
    CommandLine bare = Cli.commandLine(command, new Environment(Map.of()));
    Map<String, String> variables = new HashMap<>();
    Map<String, String> expected = new HashMap<>();
    for (ArgSpec arg : bare.getCommandSpec().args()) {
      if (!isHelp(arg)) {
        String name = Environment.nameOf(arg);
        assertThat(name).matches("TENSORCOM_[A-Z][A-Z_]+");
        assertThat(variables.put(name, sample(arg))).as("two of one name: " + name).isNull();
        expected.put(name, sample(arg).toLowerCase(Locale.ROOT));
      }
    }
    CommandLine line = Cli.commandLine(command, new Environment(variables));
    var unused = line.parseArgs();

    Map<String, String> parsed = new HashMap<>();
    for (ArgSpec arg : line.getCommandSpec().args()) {
      if (!isHelp(arg)) {
        parsed.put(Environment.nameOf(arg), shown(arg.getValue()));
      }
    }
    assertThat(parsed).isEqualTo(expected).containsKey("TENSORCOM_LOG_FORMAT");
  }

  private static boolean isHelp(ArgSpec arg) {
    return arg instanceof OptionSpec option && (option.usageHelp() || option.versionHelp());
  }

  @Test
  void shouldMeanTheSameInEveryToolWhenAVariableHasTheSameName() {
    Map<String, Class<?>> types = new HashMap<>();
    tools()
        .map(command -> Cli.commandLine(command, new Environment(Map.of())))
        .flatMap(line -> line.getCommandSpec().args().stream())
        .filter(arg -> !isHelp(arg) && arg instanceof OptionSpec)
        .forEach(
            arg -> {
              boolean flag = arg.typeInfo().isBoolean();
              Class<?> before =
                  types.putIfAbsent(Environment.nameOf(arg), flag ? Boolean.class : Object.class);
              assertThat(before == null || (before == Boolean.class) == flag)
                  .as(Environment.nameOf(arg))
                  .isTrue();
            });
    assertThat(types).hasSizeGreaterThan(30);
  }
}
