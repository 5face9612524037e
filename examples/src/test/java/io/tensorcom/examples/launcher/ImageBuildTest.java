// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds the image from its Dockerfile, on what Debian has installed here, and starts its tools.
 */
@EnabledIf("canBuild")
@Timeout(300)
final class ImageBuildTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("tensorcom.root"), "examples");
  private static final long MOST_BYTES = 350_000_000;

  private final Path folder;

  ImageBuildTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** An image's links lead out of the folder, of which JUnit would warn one by one. */
  @AfterEach
  void removeStorage() throws IOException, InterruptedException {
    for (String name : List.of("storage", "run")) {
      run(List.of("rm", "-rf", folder.resolve(name).toString()));
    }
  }

  static boolean canBuild() throws IOException, InterruptedException {
    String probe =
        "buildah --version && unshare --mount true && apt-cache --version && dpkg -s"
            + " openjdk-17-jre-headless";
    Process process =
        new ProcessBuilder("sh", "-c", probe)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean can = process.waitFor() == 0;
    if (!can) {
      String reason = "building the image needs root, buildah and Debian's openjdk-17-jre-headless";
      if (System.getenv("TENSORCOM_REQUIRE_BUILDAH") != null) {
        throw new IllegalStateException(reason);
      }
      System.out.println("SKIPPED: " + reason);
    }
    return can;
  }

  /** A buildah command whose storage is the test's own, with no network and no daemon. */
  private List<String> buildah(String... words) {
    List<String> command = new ArrayList<>(List.of("buildah", "--storage-driver", "vfs"));
    command.addAll(List.of("--root", folder.resolve("storage").toString()));
    command.addAll(List.of("--runroot", folder.resolve("run").toString()));
    command.addAll(List.of(words));
    return command;
  }

  private String run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("TENSORCOM_COMPILED", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, text).isZero();
    return text;
  }

  private static List<String> concat(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private void buildImage() throws Exception {
    Path script =
        Path.of(Objects.requireNonNull(ImageBuildTest.class.getResource("debian-jre")).toURI());
    run(concat(List.of("sh", script.toString(), "debian-jre"), buildah()));
    List<String> build =
        buildah("build", "--isolation", "chroot", "--target", "tools", "-t", "tensorcom");
    run(
        concat(
            concat(List.of(EXAMPLES.resolve("image/build").toString()), build),
            List.of("--build-arg", "BASE=localhost/debian-jre")));
  }

  private static long bytesIn(Path root) throws IOException {
    AtomicLong bytes = new AtomicLong();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes.addAndGet(attributes.size());
            return FileVisitResult.CONTINUE;
          }
        });
    return bytes.get();
  }

  @Test
  void shouldStartEveryToolAsNobodyInParticularWhenTheImageIsBuilt() throws Exception {
    buildImage();
    String container = run(buildah("from", "--pull-never", "localhost/tensorcom")).strip();
    List<String> inside = buildah("run", "--isolation", "chroot", container, "--");

    Path root = Path.of(run(buildah("mount", container)).strip());
    long bytes = bytesIn(root);
    System.out.printf("the image without an engine: %d bytes%n", bytes);
    assertThat(bytes).isLessThan(MOST_BYTES);
    assertThat(
            run(
                concat(
                    inside,
                    List.of("sh", "-c", "id -u; pwd; touch /opt/x 2>/dev/null || echo no"))))
        .startsWith("10001\n/tmp\n")
        .endsWith("no\n");
    try (Stream<Path> tools = Files.list(root.resolve("opt/tensorcom/bin"))) {
      assertThat(tools.map(tool -> tool.getFileName().toString()))
          .hasSizeGreaterThanOrEqualTo(7)
          .allSatisfy(
              tool ->
                  assertThat(run(concat(inside, List.of(tool, "--help"))))
                      .contains("Usage: " + tool));
    }
    String served =
        run(
            concat(
                inside,
                List.of(
                    "sh",
                    "-c",
                    "serve-imagenet-shards -b 96 --epochs 1 zrpush://127.0.0.1:7880 &"
                        + " tensormon -c 10 'zrpull://127.0.0.1:7880?timeout=60s'; kill $!; wait $! || :")));
    assertThat(served).contains("(batchsize: 96)").contains("total: 10 batches");
  }
}
