// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import io.tensorcom.testkit.KnotServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A node with a bridge that pods are connected to, and the cluster's DNS at a service address. Made
 * of Linux namespaces, which end with this process at the latest. Not thread-safe.
 */
final class PodNetwork implements AutoCloseable {
  /** As on the slides. */
  static final String NAMESERVER = "10.64.0.10";

  private static final String REQUIRED = "TENSORCOM_REQUIRE_NAMESPACES";
  private static final String PREFIX = "10.0.1.";
  private static final int FIRST = 149;

  private final Path folder;
  private final Sandbox node;
  private final KnotServer dns;
  private final Map<Path, Path> seen;
  private final List<TestPod> pods = new ArrayList<>();
  private final List<Process> links = new ArrayList<>();

  private PodNetwork(Path folder, Sandbox node, KnotServer dns, Map<Path, Path> seen) {
    this.folder = folder;
    this.node = node;
    this.dns = dns;
    this.seen = seen;
  }

  /**
   * {@return whether there can be such a network; if not, a line says why}
   *
   * @throws IllegalStateException if there cannot and the environment says that there must be
   */
  static boolean isAvailable() throws IOException, InterruptedException {
    String line =
        "unshare --net --mount --uts --ipc --pid --fork sh -ec '"
            + "ip link add br0 type bridge; ip link add port0 type veth peer name eth0;"
            + " ip tuntap add dev tap0 mode tap;"
            + " for each in nsenter setpriv bash python3; do $each --version; done;"
            + " mount -t tmpfs tmpfs /tmp'";
    Process probe =
        new ProcessBuilder("sh", "-c", line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (probe.waitFor(20, TimeUnit.SECONDS) && probe.exitValue() == 0) {
      return KnotServer.isAvailable();
    }
    String reason =
        "pods on a network need root, util-linux, iproute2, bash, Python, bridges, veth and TAP";
    if (System.getenv(REQUIRED) != null) {
      throw new IllegalStateException(reason);
    }
    System.out.println("SKIPPED: " + reason);
    return false;
  }

  /** Makes a node without pods. */
  static PodNetwork start(Path folder) throws IOException, InterruptedException {
    Map<Path, Path> seen = new LinkedHashMap<>(Image.stage(folder.resolve("image")));
    Sandbox node = Sandbox.start(folder.resolve("node"), "node", Map.of());
    try {
      node.shell(
          "ip link add br0 type bridge; ip link set br0 up; ip addr add "
              + PREFIX
              + "1/24 dev br0; ip addr add "
              + NAMESERVER
              + "/32 dev lo");
      InetSocketAddress place = new InetSocketAddress(InetAddress.getByName(NAMESERVER), 53);
      KnotServer dns = KnotServer.start(folder.resolve("dns"), place, node.onNetwork());
      // Nobody serves yet.
      dns.update("del shards.bigdata19.default.svc.cluster.local. A");
      return new PodNetwork(folder, node, dns, seen);
    } catch (IOException | RuntimeException e) {
      node.close();
      throw e;
    }
  }

  /** Shows pods that are made from now on a folder of ours. */
  void mount(Path from, String to) {
    seen.put(from, Path.of(to));
  }

  KnotServer dns() {
    return dns;
  }

  /** Makes a pod with the next address and connects it. */
  TestPod add(PodManifest manifest) throws IOException, InterruptedException {
    TestPod pod = create(manifest);
    long pid = pod.sandbox().pid();
    String port = port(pod);
    node.shell(
        "ip link add %s type veth peer name eth0 netns /proc/%d/ns/net; ip link set %s master br0 up"
            .formatted(port, pid, port));
    address(pod);
    return pod;
  }

  /**
   * The same, by a link that delays each frame and loses some, in both directions.
   *
   * @param lossPercent of frames
   */
  TestPod addByBadLink(PodManifest manifest, int delayMillis, double lossPercent)
      throws IOException, InterruptedException {
    TestPod pod = create(manifest);
    Process link =
        new ProcessBuilder(
                "python3",
                Resources.file("bad-link.py").toString(),
                Long.toString(pod.sandbox().pid()),
                Long.toString(node.pid()),
                port(pod),
                Integer.toString(delayMillis),
                Double.toString(lossPercent),
                "19")
            .redirectErrorStream(true)
            .start();
    links.add(link);
    String said = link.inputReader(StandardCharsets.UTF_8).readLine();
    if (!"ready".equals(said)) {
      throw new IOException("no link: " + said);
    }
    node.shell("ip link set " + port(pod) + " master br0 up");
    address(pod);
    return pod;
  }

  /** Pulls the plug of a pod. */
  void cut(TestPod pod) throws IOException, InterruptedException {
    node.shell("ip link set " + port(pod) + " down");
  }

  /** Puts it in again. */
  void mend(TestPod pod) throws IOException, InterruptedException {
    node.shell("ip link set " + port(pod) + " up");
  }

  /** Waits until a pod says that it is ready, as kubelet does. */
  void awaitReady(TestPod pod) throws IOException, InterruptedException {
    String ask =
        "exec 3<>/dev/tcp/%s/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3"
            .formatted(pod.address());
    node.run("bash", "-c", "until (" + ask + ") 2>&1 | grep ' 200 '; do sleep 0.1; done");
  }

  private TestPod create(PodManifest manifest) throws IOException {
    int number = FIRST + pods.size();
    Path own = Files.createDirectories(folder.resolve("pod-" + number));
    TestPod pod = TestPod.create(manifest, PREFIX + number, NAMESERVER, seen, own);
    pods.add(pod);
    return pod;
  }

  private static void address(TestPod pod) throws IOException, InterruptedException {
    pod.sandbox()
        .shell(
            "ip addr add %s/24 dev eth0; ip link set eth0 up; ip route add default via %s1"
                .formatted(pod.address(), PREFIX));
  }

  private static String port(TestPod pod) {
    return "pod" + pod.address().substring(PREFIX.length());
  }

  @Override
  public void close() {
    links.forEach(Process::destroyForcibly);
    pods.forEach(TestPod::close);
    dns.close();
    node.close();
  }
}
