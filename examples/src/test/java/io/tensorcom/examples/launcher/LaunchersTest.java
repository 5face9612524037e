// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs copies of the launchers in a project of their own, with a mvn and a java that only tell. */
@Timeout(60)
class LaunchersTest {
  private static final Path BIN = Path.of(System.getProperty("tensorcom.root"), "examples/bin");
  private static final String BUILDING = "tensormon: building (log: ";

  private record Run(int exitCode, List<String> out, List<String> err) {}

  private final Path folder;
  private final Path project;
  private final Path examples;

  LaunchersTest(@TempDir Path folder) throws IOException {
    this.folder = folder.toRealPath();
    this.project = this.folder.resolve("a project");
    this.examples = project.resolve("examples");
  }

  @BeforeEach
  void makeProject() throws IOException {
    write(project.resolve("pom.xml"), "");
    write(examples.resolve("pom.xml"), "");
    for (String module : List.of("tensorcom-core", "tensorcom-discovery-k8s", "tensorcom-djl")) {
      write(project.resolve(module + "/pom.xml"), "");
      write(project.resolve(module + "/src/main/java/A.java"), "");
    }
    write(examples.resolve("src/main/java/B.java"), "");
    Files.createDirectories(examples.resolve("bin"));
    try (Stream<Path> files = Files.list(BIN)) {
      for (Path file : files.toList()) {
        Files.copy(file, examples.resolve("bin").resolve(file.getFileName()));
      }
    }
    script(
        folder.resolve("tools/mvn"),
        "echo \"mvn $*\" | tee -a \"$MVN_CALLS\"",
        "[ ! -e \"$MVN_FAILS\" ] || exit 1",
        "for module in examples tensorcom-core tensorcom-discovery-k8s tensorcom-djl; do",
        "  mkdir -p $module/target/classes/io",
        "done",
        "mkdir -p examples/target/lib");
    script(folder.resolve("jdk/bin/java"), "printf '%s\\n' \"$PWD\" \"$@\"");
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void script(Path file, String... lines) throws IOException {
    write(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private ProcessBuilder launcher(Path launcher, String... args) {
    List<String> command = new ArrayList<>(List.of("bash", launcher.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    Map<String, String> environment = builder.environment();
    environment.put("PATH", folder.resolve("tools") + ":" + System.getenv("PATH"));
    environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    environment.put("MVN_CALLS", folder.resolve("mvn-calls").toString());
    environment.put("MVN_FAILS", folder.resolve("mvn-fails").toString());
    environment.remove("JAVA_OPTS");
    return builder;
  }

  private Run run(ProcessBuilder builder) throws IOException, InterruptedException {
    Path err = Files.createTempFile(folder, "err", null);
    Process process = builder.redirectError(err.toFile()).start();
    List<String> out = new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), out, Files.readAllLines(err));
  }

  private Run tensormon(String... args) throws IOException, InterruptedException {
    return run(launcher(examples.resolve("bin/tensormon"), args));
  }

  private List<String> mvnCalls() throws IOException {
    Path calls = folder.resolve("mvn-calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }

  @ParameterizedTest
  @CsvSource({
    "serve-imagenet-shards, io.tensorcom.examples.serve.ServeImagenetShards",
    "serve-imagenet-dir, io.tensorcom.examples.serve.ServeImagenetDir",
    "tensormon, io.tensorcom.examples.monitor.Tensormon",
    "tensorstat, io.tensorcom.examples.monitor.Tensorstat",
    "tensorshow, io.tensorcom.examples.show.Tensorshow",
    "tensorcom-resolve, io.tensorcom.examples.resolve.TensorcomResolve",
    "tensorcom-demo, io.tensorcom.examples.demo.TensorcomDemo",
    "gpu-check, io.tensorcom.examples.gpu.GpuCheck",
  })
  void shouldStartTheToolWhenLaunched(String name, String mainClass)
      throws IOException, InterruptedException, ReflectiveOperationException {
    assertThat(Files.isExecutable(BIN.resolve(name))).isTrue();
    assertThat(Class.forName(mainClass).getMethod("main", String[].class)).isNotNull();
    Run run = run(launcher(examples.resolve("bin").resolve(name), "-r", "a b", "*"));
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .startsWith(folder.toString())
        .contains("-Dtensorcom.examples.home=" + examples)
        .endsWith(mainClass, "-r", "a b", "*");
  }

  @Test
  void shouldBuildOnceWhenNothingChanges() throws IOException, InterruptedException {
    assertThat(tensormon().err())
        .containsExactly(BUILDING + examples.resolve("target/launcher-build.log") + ")");
    assertThat(tensormon().err()).isEmpty();
    assertThat(mvnCalls()).hasSize(1);
    assertThat(mvnCalls().get(0)).contains(" -pl examples -am ").contains(" -o ");
    assertThat(Files.readAllLines(examples.resolve("target/launcher-build.log")))
        .isEqualTo(mvnCalls());
  }

  @ParameterizedTest
  @CsvSource({
    "pom.xml",
    "examples/pom.xml",
    "examples/src/main/java/B.java",
    "tensorcom-core/src/main/java/A.java",
  })
  void shouldBuildAgainWhenASourceIsNewer(String source) throws IOException, InterruptedException {
    tensormon();
    FileTime built = Files.getLastModifiedTime(examples.resolve("target/.launcher-stamp"));
    Files.setLastModifiedTime(
        project.resolve(source), FileTime.fromMillis(built.toMillis() + 60_000));
    assertThat(tensormon().err()).hasSize(1);
    assertThat(mvnCalls()).hasSize(2);
  }

  @Test
  void shouldBuildAgainWhenClassesAreMissing() throws IOException, InterruptedException {
    tensormon();
    Files.delete(project.resolve("tensorcom-core/target/classes/io"));
    assertThat(tensormon().err()).hasSize(1);
    assertThat(mvnCalls()).hasSize(2);
  }

  @Test
  void shouldBuildOnceWhenTwoStartTogether() throws IOException, InterruptedException {
    Path launcher = examples.resolve("bin/tensormon");
    List<Process> both = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      both.add(
          launcher(launcher)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start());
    }
    for (Process process : both) {
      assertThat(process.waitFor()).isZero();
    }
    assertThat(mvnCalls()).hasSize(1);
  }

  @Test
  void shouldNameTheLogWhenTheBuildFails() throws IOException, InterruptedException {
    Files.createFile(folder.resolve("mvn-fails"));
    Run run = tensormon();
    Path log = examples.resolve("target/launcher-build.log");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .containsExactly(BUILDING + log + ")", "tensormon: the build failed: see " + log);
    // Offline first, then with the network; and again the next time.
    assertThat(mvnCalls()).hasSize(2);
    assertThat(tensormon().exitCode()).isEqualTo(1);
    assertThat(mvnCalls()).hasSize(4);
  }

  @Test
  void shouldFindTheProjectWhenCalledByALink() throws IOException, InterruptedException {
    Path link = Files.createSymbolicLink(folder.resolve("mon"), examples.resolve("bin/tensormon"));
    assertThat(run(launcher(link)).out()).contains("-Dtensorcom.examples.home=" + examples);
  }

  @Test
  void shouldPassOptionsWhenJavaOptsHasSome() throws IOException, InterruptedException {
    ProcessBuilder builder = launcher(examples.resolve("bin/tensormon"));
    builder.environment().put("JAVA_OPTS", "-Xmx64m -Dtensorcom.debug=true");
    assertThat(run(builder).out()).contains("-Xmx64m", "-Dtensorcom.debug=true");
  }

  @Test
  void shouldSayOneLineWhenThereIsNoJava() throws IOException, InterruptedException {
    Files.delete(folder.resolve("jdk/bin/java"));
    Run run = tensormon();
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("tensormon: no ").contains("set JAVA_HOME");
  }
}
