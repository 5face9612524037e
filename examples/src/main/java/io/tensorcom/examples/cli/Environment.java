// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options from the environment: {@code TENSORCOM_} and the option's first long name, so that {@code
 * TENSORCOM_BATCH=96} is {@code --batch 96}; {@code TENSORCOM_URL} is what stands without an
 * option. The command line comes before it, and an empty variable is none. Immutable.
 */
final class Environment {
  private static final String PREFIX = "TENSORCOM_";
  private static final String POSITIONAL = "url";

  private final Map<String, String> variables;

  Environment(Map<String, String> variables) {
    this.variables = Map.copyOf(variables);
  }

  /** {@return the variable that stands for an option, or for a parameter} */
  static String nameOf(ArgSpec arg) {
    String name = POSITIONAL;
    if (arg instanceof OptionSpec option) {
      String first = option.names()[0];
      name =
          Stream.of(option.names())
              .filter(each -> each.startsWith("--"))
              .findFirst()
              .orElse(first)
              .replaceFirst("^-+", "");
    }
    return PREFIX + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private @Nullable String valueOf(ArgSpec arg) {
    boolean asksForHelp =
        arg instanceof OptionSpec option && (option.usageHelp() || option.versionHelp());
    String value = asksForHelp ? null : variables.get(nameOf(arg));
    return value == null || value.isBlank() ? null : value.strip();
  }

  /** Has options that the command line does not give taken from here. */
  void applyTo(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    for (OptionSpec option : List.copyOf(spec.options())) {
      if (option.typeInfo().isBoolean() && !option.usageHelp() && !option.versionHelp()) {
        // Else a flag that is given turns off what the environment turns on.
        spec.remove(option);
        spec.addOption(OptionSpec.builder(option).fallbackValue("true").build());
      }
    }
    line.setDefaultValueProvider(this::valueOf);
  }

  /** {@return where a bad value comes from, for people; empty if from the command line} */
  String source(ParameterException e, List<String> args) {
    ArgSpec arg = e.getArgSpec();
    String value = arg == null ? null : valueOf(arg);
    boolean fromHere =
        arg != null
            && value != null
            && !args.contains(value)
            && String.valueOf(e.getMessage()).contains(value);
    return fromHere ? " (from " + nameOf(arg) + ")" : "";
  }
}
