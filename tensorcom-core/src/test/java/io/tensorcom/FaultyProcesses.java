// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.testkit.FaultProxy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Two senders and two receivers, each one in Java and one in Python, that can be killed, stopped
 * and started again, and what they wrote down. A proxy in front of each sender keeps its address.
 */
final class FaultyProcesses implements AutoCloseable {
  static final int SIDES = 2;
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Milliseconds between two batches: with more of them more steps fit into an hour. */
  private static final int PACE = Integer.getInteger("tensorcom.faults.pace", 5);

  /** One process, and its log. */
  static final class Member extends PeerLog {
    final Process process;

    private Member(boolean sends, int side, int incarnation, Path log, Process process) {
      super(sends, side, incarnation, log);
      this.process = process;
    }

    void signal(String name) throws IOException, InterruptedException {
      assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor())
          .isZero();
    }
  }

  private final String sends;
  private final String receives;
  private final Path folder;
  private final List<FaultProxy> proxies = new ArrayList<>();
  private final List<Member> all = new ArrayList<>();
  private final Member[] senders = new Member[SIDES];
  private final Member[] receivers = new Member[SIDES];

  FaultyProcesses(String sends, String receives, Path folder) throws Exception {
    this.sends = sends;
    this.receives = receives;
    this.folder = folder;
    for (int side = 0; side < SIDES; side++) {
      proxies.add(new FaultProxy(0, 0));
      start(true, side);
    }
    for (int side = 0; side < SIDES; side++) {
      start(false, side);
    }
  }

  private static List<String> command(boolean python) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return python
        ? List.of(
            PythonPeer.interpreter().toString(),
            PythonPeer.ROOT.resolve("tensorcom-core/src/test/python/fault_peer.py").toString())
        : List.of(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            FaultyPeer.class.getName());
  }

  /** Starts a process in the place of the one that was there, and waits until it is ready. */
  void start(boolean sender, int side) throws IOException {
    int incarnation = all.size();
    Path log = folder.resolve("log-" + incarnation);
    String urls =
        sender
            ? sends + "://127.0.0.1:0"
            : proxies.stream()
                .map(proxy -> receives + "://127.0.0.1:" + proxy.port())
                .collect(Collectors.joining(","));
    List<String> command = new ArrayList<>(command(side == 1));
    command.addAll(
        List.of(sender ? "send" : "recv", urls, log.toString(), "" + incarnation, "" + PACE));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Member member = new Member(sender, side, incarnation, log, process);
    all.add(member);
    (sender ? senders : receivers)[side] = member;
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    @Nullable String ready = out.readLine();
    assertThat(ready).as("first line of %s", command).startsWith("ready");
    if (sender) {
      proxies.get(side).setTarget(Integer.parseInt(Objects.requireNonNull(ready).substring(6)));
    }
  }

  Member sender(int side) {
    return senders[side];
  }

  Member receiver(int side) {
    return receivers[side];
  }

  /** {@return all processes there have ever been} */
  List<Member> all() {
    return all;
  }

  static long now() {
    return FaultyPeer.nanos(Instant.now());
  }

  /** Waits until a receiver has a batch that a sender sent after a moment. */
  void awaitNews(int receiver, int sender, long since) throws IOException {
    long deadline = System.nanoTime() + SOON.toNanos();
    Member one = receivers[receiver];
    one.read();
    while (!one.heard(senders[sender].incarnation, since)) {
      assertThat(System.nanoTime()).as("%s hears %s", one, senders[sender]).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      one.read();
    }
  }

  void awaitNewsEverywhere(long since) throws IOException {
    for (int receiver = 0; receiver < SIDES; receiver++) {
      for (int sender = 0; sender < SIDES; sender++) {
        awaitNews(receiver, sender, since);
      }
    }
  }

  void kill(Member member) throws Exception {
    member.signal("KILL");
    assertThat(member.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    member.killed = true;
  }

  /** Lets the senders send their last, and then the receivers account for what came. */
  void finish() throws Exception {
    for (Member[] side : List.of(senders, receivers)) {
      for (Member member : side) {
        member.process.getOutputStream().write('\n');
        member.process.getOutputStream().flush();
      }
      for (Member member : side) {
        assertThat(member.process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", member).isTrue();
        assertThat(member.process.exitValue()).as("%s", member).isZero();
      }
    }
    for (Member member : all) {
      member.read();
    }
  }

  @Override
  public void close() {
    all.forEach(member -> member.process.destroyForcibly());
    proxies.forEach(FaultProxy::close);
  }
}
