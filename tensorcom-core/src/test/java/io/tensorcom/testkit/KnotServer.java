// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A real DNS server with a zone {@code cluster.local}: Knot, from the Debian packages {@code knot}
 * and {@code knot-dnsutils}. Its zone changes while it runs by updates (RFC 2136).
 */
public final class KnotServer implements AutoCloseable {
  private static final String REQUIRED = "TENSORCOM_REQUIRE_KNOT";
  private static final int TRIES = 200;

  private final Process process;
  private final InetSocketAddress address;
  private final Path folder;
  private final List<String> within;

  private KnotServer(Process process, InetSocketAddress address, Path folder, List<String> within) {
    this.process = process;
    this.address = address;
    this.folder = folder;
    this.within = within;
  }

  /**
   * {@return whether Knot can be run; if not, a line says why}
   *
   * @throws IllegalStateException if it cannot and the environment says that it must
   */
  public static boolean isAvailable() {
    boolean available =
        Files.isExecutable(Path.of("/usr/sbin/knotd"))
            && Files.isExecutable(Path.of("/usr/bin/knsupdate"));
    if (!available) {
      String reason = "no Knot here: install the Debian packages knot and knot-dnsutils";
      if (System.getenv(REQUIRED) != null) {
        throw new IllegalStateException(reason);
      }
      System.out.println("SKIPPED: " + reason);
    }
    return available;
  }

  /** Starts a server on a free loopback port and waits until it answers. */
  public static KnotServer start(Path folder) throws IOException, InterruptedException {
    return start(folder, new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort()));
  }

  /** Starts a server at an address and waits until it answers. */
  public static KnotServer start(Path folder, InetSocketAddress address)
      throws IOException, InterruptedException {
    return start(folder, address, List.of());
  }

  /**
   * Starts a server on another network than ours and waits until it answers.
   *
   * @param within a command that runs another one there, as {@code nsenter} does
   */
  public static KnotServer start(Path folder, InetSocketAddress address, List<String> within)
      throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve("db"));
    Files.writeString(folder.resolve("cluster.local.zone"), zone());
    Path conf = Files.writeString(folder.resolve("knot.conf"), configuration(folder, address));
    Process process =
        new ProcessBuilder(command(within, "/usr/sbin/knotd", "-c", conf.toString()))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("knot.log").toFile())
            .start();
    KnotServer server = new KnotServer(process, address, folder, within);
    server.awaitAnswer();
    return server;
  }

  private static List<String> command(List<String> within, String... words) {
    List<String> command = new ArrayList<>(within);
    command.addAll(List.of(words));
    return command;
  }

  private static int freePort() throws IOException {
    try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String configuration(Path folder, InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return String.join(
        "\n",
        "server:",
        "  listen: " + host + "@" + address.getPort(),
        "  rundir: \"" + folder + "\"",
        "  user: " + System.getProperty("user.name"),
        "  udp-max-payload: 1232",
        // As CoreDNS does: another order in each answer.
        "  answer-rotation: on",
        "log:",
        "  - target: stderr",
        "    any: warning",
        "database:",
        "  storage: \"" + folder.resolve("db") + "\"",
        "acl:",
        "  - id: local",
        "    address: [127.0.0.0/8, 10.0.0.0/8]",
        "    action: [update, transfer]",
        "zone:",
        "  - domain: cluster.local",
        "    file: \"" + folder.resolve("cluster.local.zone") + "\"",
        "    acl: local",
        "    zonefile-sync: -1",
        "    zonefile-load: whole",
        "    journal-content: none",
        "    semantic-checks: off",
        "");
  }

  private static String zone() {
    List<String> lines = new ArrayList<>();
    lines.add("$ORIGIN cluster.local.");
    lines.add("$TTL 5");
    lines.add("@ 5 SOA ns.dns hostmaster 1 7200 1800 86400 5");
    lines.add("@ NS ns.dns");
    lines.add("ns.dns A 127.0.0.1");
    lines.add("dns-version TXT \"1.1.0\"");
    lines.add("kubernetes.default.svc A 10.96.0.1");
    lines.add("shards.bigdata19.default.svc A 127.0.2.1");
    lines.add("shards.bigdata19.default.svc A 127.0.2.2");
    lines.add("pod-0.shards.default.svc A 127.0.2.1");
    lines.add("pod-1.shards.default.svc A 127.0.2.2");
    lines.add("_zmq._tcp.shards.default.svc SRV 0 50 7880 pod-0.shards.default.svc");
    lines.add("_zmq._tcp.shards.default.svc SRV 0 50 7880 pod-1.shards.default.svc");
    lines.add("other.models.svc A 127.0.2.9");
    IntStream.rangeClosed(1, 73).forEach(i -> lines.add("full.default.svc A 10.1.0." + i));
    IntStream.rangeClosed(1, 74).forEach(i -> lines.add("over.default.svc A 10.1.0." + i));
    IntStream.range(0, 1000)
        .forEach(i -> lines.add("n" + i + ".default.svc A 10.3." + i / 250 + "." + (i % 250 + 1)));
    IntStream.rangeClosed(1, 120).forEach(i -> lines.add("many.default.svc A 10.1.1." + i));
    IntStream.range(0, 1000)
        .forEach(i -> lines.add("thousand.default.svc A 10.2." + i / 250 + "." + (i % 250 + 1)));
    lines.add("outside.default.svc CNAME many.default.svc");
    return String.join("\n", lines) + "\n";
  }

  private void awaitAnswer() throws IOException, InterruptedException {
    List<String> question =
        command(within, "/usr/bin/kdig", "@" + host(), "-p", Integer.toString(address.getPort()));
    question.addAll(List.of("+short", "+timeout=1", "+retry=0", "cluster.local", "SOA"));
    for (int i = 0; i < TRIES && process.isAlive(); i++) {
      Process asking =
          new ProcessBuilder(question).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      if (new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .contains("hostmaster")) {
        return;
      }
    }
    close();
    throw new IOException("knotd did not start: " + Files.readString(folder.resolve("knot.log")));
  }

  private String host() {
    return address.getAddress().getHostAddress();
  }

  /** {@return where it listens, by UDP and TCP} */
  public InetSocketAddress address() {
    return address;
  }

  /** {@return the address for {@code server=HOST:PORT}} */
  public String place() {
    return host() + ":" + address.getPort();
  }

  /** Writes a resolv.conf as a pod of namespace default has it; the port must be given apart. */
  public Path podResolvConf() throws IOException {
    return Files.writeString(
        folder.resolve("resolv.conf"),
        "nameserver "
            + host()
            + "\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n"
            + "options ndots:5\n");
  }

  /**
   * Changes the zone while the server runs.
   *
   * @param lines such as {@code add shards.bigdata19.default.svc.cluster.local. 5 A 127.0.2.3} and
   *     {@code del NAME. A 127.0.2.3}
   */
  public void update(String... lines) throws IOException, InterruptedException {
    Process update =
        new ProcessBuilder(command(within, "/usr/bin/knsupdate"))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("knsupdate.log").toFile())
            .start();
    try (OutputStream in = update.getOutputStream()) {
      String script =
          "server "
              + host()
              + " "
              + address.getPort()
              + "\nzone cluster.local.\n"
              + String.join("\n", lines)
              + "\nsend\n";
      in.write(script.getBytes(StandardCharsets.UTF_8));
    }
    if (!update.waitFor(20, TimeUnit.SECONDS) || update.exitValue() != 0) {
      throw new IOException("knsupdate: " + Files.readString(folder.resolve("knsupdate.log")));
    }
  }

  /** Stops the server at once. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
