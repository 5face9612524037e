// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.examples.cli.ToolRun;
import io.tensorcom.examples.demo.ChildProcess.Event;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the whole demo: each test starts the two processes. */
@Timeout(120)
class TensorcomDemoTest {
  private static final String SHARD =
      System.getProperty("tensorcom.root")
          + "/examples/data/fashion-mnist/fashion-mnist-test-000000.tgz";

  private final Path folder;

  TensorcomDemoTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static ToolRun run(String... args) {
    return ToolRun.of(TensorcomDemo::new, args);
  }

  private static void assertFailure(ToolRun run, String line) {
    assertThat(run.err()).containsExactly("tensorcom-demo: " + line);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).noneMatch(text -> text.contains("every batch arrived"));
    assertNoChildren();
  }

  private static void assertNoChildren() {
    assertThat(ProcessHandle.current().children())
        .filteredOn(child -> child.info().commandLine().orElse("").contains("demo.Demo"))
        .isEmpty();
  }

  @Test
  void shouldSucceedWhenEveryBatchArrives() {
    ToolRun run = run("-u", SHARD, "-b", "32");
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("sent:     24 batches, 750 images, 1.8 MB")
        .contains("received: 24 batches, 750 images, 1.8 MB")
        .contains("lost:     0 batches")
        .contains("altered:  0 batches")
        .last()
        .isEqualTo("every batch arrived once, in order, with the content it had before");
    assertNoChildren();
  }

  @Test
  void shouldFailWhenAByteIsFlipped() {
    ToolRun run = run("-u", SHARD, "--fault", "flip");
    assertFailure(run, "failed: 1 altered on the way (the first: batch 10)");
    assertThat(run.out()).contains("altered:  1 batches");
  }

  @Test
  void shouldFailWhenABatchIsWithheld() {
    ToolRun run = run("-u", SHARD, "--fault", "withhold");
    assertFailure(run, "failed: 1 lost (missing from batch 10 on)");
    assertThat(run.out()).contains("lost:     1 batches");
  }

  @Test
  void shouldFailWhenTheServerIsKilled() {
    ToolRun run = run("-u", SHARD, "--fault", "kill");
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0))
        .startsWith("tensorcom-demo: failed: the server ended before it was done (exit code 137); ")
        .contains(" lost ");
    assertThat(run.exitCode()).isEqualTo(1);
    assertNoChildren();
  }

  @Test
  void shouldGiveUpWhenTheServerStalls() {
    assertFailure(
        run("-u", SHARD, "--fault", "stall", "--timeout", "30"),
        "the server was not done within 30 s: gave up");
  }

  @Test
  void shouldEndChildrenWhenTheirStandardInputEnds() throws IOException, InterruptedException {
    LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    List<String> args = List.of("zrpull://127.0.0.1:9", "--log", folder.resolve("log").toString());
    try (ChildProcess child = ChildProcess.start("receiver", DemoReceiver.class, args, events)) {
      Event ready = events.poll(60, TimeUnit.SECONDS);
      assertThat(ready).isNotNull();
      child.closeInput();
      assertThat(child.awaitExit(Duration.ofSeconds(60))).hasValue(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--nonsense", "-b 0", "-b x", "--timeout 0"})
  void shouldSayOneLineWhenStartedWithNonsense(String args) {
    ToolRun run = run(args.split(" ", -1));
    assertThat(run.err()).hasSize(1);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void shouldSayOneLineWhenAShardIsMissing() {
    ToolRun run = run("-u", folder.resolve("none.tgz").toString());
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("tensorcom-demo: ").contains("none.tgz");
    assertThat(run.exitCode()).isEqualTo(1);
  }
}
