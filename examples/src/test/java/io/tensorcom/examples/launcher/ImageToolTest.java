// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What stands in the image for each tool, with a java that only tells. */
@Timeout(60)
class ImageToolTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("tensorcom.root"), "examples");

  private final Path folder;

  ImageToolTest(@TempDir Path folder) throws IOException {
    this.folder = folder.toRealPath();
    Path java = folder.resolve("jre/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectories(folder.resolve("bin"));
  }

  private List<String> run(String tool, String limit, Map<String, String> variables, String... args)
      throws IOException, InterruptedException {
    Path script = folder.resolve("bin").resolve(tool);
    if (Files.notExists(script)) {
      Files.copy(EXAMPLES.resolve("image/tool"), script);
    }
    Files.writeString(folder.resolve("memory.max"), limit + "\n");
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(Stream.of("sh", script.toString()), Stream.of(args)).toList());
    builder.environment().put("JAVA_HOME", folder.resolve("jre").toString());
    builder.environment().put("TENSORCOM_CGROUPS", folder.toString());
    builder.environment().remove("JAVA_OPTS");
    builder.environment().putAll(variables);
    Process process = builder.redirectErrorStream(true).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    process.waitFor();
    return lines;
  }

  @Test
  void shouldDeriveTheJvmsMemoryWhenTheContainerHasALimit()
      throws IOException, InterruptedException {
    assertThat(run("serve-imagenet-shards", "2147483648", Map.of(), "-b", "96"))
        .contains("-Xmx629145k", "-XX:MaxDirectMemorySize=838860k")
        .endsWith("io.tensorcom.examples.serve.ServeImagenetShards", "-b", "96");
    assertThat(
            run(
                "training",
                "8589934592",
                Map.of("TENSORCOM_HEAP_PERCENT", "15", "TENSORCOM_DIRECT_PERCENT", "20")))
        .contains("-Xmx1258291k", "-XX:MaxDirectMemorySize=1677721k");
  }

  @Test
  void shouldLeaveMemoryToTheJvmWhenTheContainerHasNoLimit()
      throws IOException, InterruptedException {
    for (String limit : List.of("max", "9223372036854771712")) {
      assertThat(run("tensormon", limit, Map.of()))
          .contains("io.tensorcom.examples.monitor.Tensormon")
          .noneMatch(line -> line.startsWith("-Xmx") || line.contains("MaxDirectMemorySize"));
    }
  }

  @Test
  void shouldSayOneLineWhenAPercentageMakesNoSense() throws IOException, InterruptedException {
    assertThat(run("tensormon", "max", Map.of("TENSORCOM_HEAP_PERCENT", "much")))
        .containsExactly("tensormon: TENSORCOM_HEAP_PERCENT: much (expected: 1..99)");
    assertThat(run("tensormon", "max", Map.of("TENSORCOM_HEAP_PERCENT", "60")))
        .containsExactly(
            "tensormon: TENSORCOM_HEAP_PERCENT and TENSORCOM_DIRECT_PERCENT: 100"
                + " (expected: <= 90)");
  }

  @Test
  void shouldKnowTheMainClassOfEveryToolWhenTheImageHasIt()
      throws IOException, InterruptedException, ReflectiveOperationException {
    try (Stream<Path> launchers = Files.list(EXAMPLES.resolve("bin"))) {
      for (Path launcher : launchers.toList()) {
        String tool = launcher.getFileName().toString();
        // The demo starts the others, which it looks for in a work tree.
        if (!tool.startsWith(".") && !tool.equals("tensorcom-demo")) {
          List<String> lines = run(tool, "max", Map.of());
          String main = lines.get(lines.size() - 1);
          assertThat(Files.readString(launcher)).contains(main);
          assertThat(Class.forName(main)).isNotNull();
        }
      }
    }
  }
}
