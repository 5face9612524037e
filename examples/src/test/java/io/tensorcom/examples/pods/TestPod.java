// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A pod: an address in a sandbox, on a node's bridge, and at most one container. */
final class TestPod implements AutoCloseable {
  private static final String USER = "10001";

  private final PodManifest manifest;
  private final String address;
  private final Sandbox sandbox;
  private final Map<String, String> environment = new HashMap<>();

  private TestPod(PodManifest manifest, String address, Sandbox sandbox) {
    this.manifest = manifest;
    this.address = address;
    this.sandbox = sandbox;
    environment.put("PATH", Image.PATH);
    environment.put("HOME", "/tmp");
    environment.put("DJL_CACHE_DIR", "/cache");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    // The JVMs live for seconds here, and share two processors.
    environment.put("JAVA_OPTS", "-XX:TieredStopAtLevel=1");
    environment.put("HOSTNAME", manifest.hostname());
    environment.putAll(manifest.environment());
  }

  /** Makes a pod that is not on the network yet. */
  static TestPod create(
      PodManifest manifest, String address, String nameserver, Map<Path, Path> seen, Path folder)
      throws IOException {
    Path etc = Files.createDirectories(folder.resolve("etc"));
    Files.writeString(
        etc.resolve("resolv.conf"),
        "nameserver "
            + nameserver
            + "\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n"
            + "options ndots:5\n");
    String own = manifest.fullName() + "\t" + manifest.hostname();
    Files.writeString(
        etc.resolve("hosts"),
        String.join(
            "\n",
            "# Kubernetes-managed hosts file.",
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            address + "\t" + (manifest.subdomain().isEmpty() ? manifest.hostname() : own),
            ""));
    Path cgroup = Files.createDirectories(folder.resolve("cgroup"));
    String limit = manifest.memory() == 0 ? "max" : Long.toString(manifest.memory());
    Files.writeString(cgroup.resolve("memory.max"), limit + "\n");
    return new TestPod(manifest, address, Sandbox.start(folder, manifest.hostname(), seen));
  }

  PodManifest manifest() {
    return manifest;
  }

  String address() {
    return address;
  }

  Sandbox sandbox() {
    return sandbox;
  }

  /** Starts what the manifest says. */
  Container start() throws IOException {
    return start(manifest.command());
  }

  /** Starts a command as a container of this pod. */
  Container start(List<String> command) throws IOException {
    // It is process 1 of its container, and may do as little as the manifests allow.
    List<String> line =
        new ArrayList<>(List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"));
    line.addAll(List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"));
    line.addAll(List.of("--no-new-privs", "--bounding-set=-all"));
    line.addAll(List.of("env", "--chdir=/tmp"));
    line.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(sandbox.inside(line));
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new Container(manifest.hostname() + " " + address, builder);
  }

  /** Runs a command to its end, as {@code kubectl exec} does, and returns what it printed. */
  List<String> exec(String... command) throws IOException, InterruptedException {
    try (Container container = start(List.of(command))) {
      int code = container.awaitEnd();
      if (code != 0) {
        throw new AssertionError(
            String.join(" ", command) + ": exit code " + code + ": " + container.log());
      }
      return container.log();
    }
  }

  @Override
  public void close() {
    sandbox.close();
  }
}
