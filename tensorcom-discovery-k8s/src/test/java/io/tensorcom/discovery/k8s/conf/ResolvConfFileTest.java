// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that others replace, in their ways. */
final class ResolvConfFileTest {
  private final Path folder;
  private final Path path;

  ResolvConfFileTest(@TempDir Path folder) {
    this.folder = folder;
    this.path = folder.resolve("resolv.conf");
  }

  private ResolvConfFile open() {
    return new ResolvConfFile(path, Map.of(), "box", 53);
  }

  private static List<String> servers(ResolvConfFile file) {
    return file.current().servers().stream()
        .map(each -> each.getAddress().getHostAddress())
        .toList();
  }

  @Test
  void shouldKeepTheServersAndSaySoWhenTheNewFileNamesNone() throws Exception {
    Files.writeString(path, "nameserver 10.0.0.1\nsearch a\n");
    ResolvConfFile file = open();

    for (String bad :
        List.of("", "nameserver 10.0.0", "# nameserver 10.0.0.9\n", "nameserver\n", "search b")) {
      Files.writeString(path, bad);

      assertThat(servers(file)).as(bad).containsExactly("10.0.0.1");
      assertThat(file.current().search()).as(bad).containsExactly("a");
      assertThat(file.current().warnings()).hasSize(1).allMatch(s -> s.contains("names no server"));
    }
    assertThat(file.takeChanges()).isZero();
  }

  @Test
  void shouldTakeTheWholeFileWhenItWasReadHalfWritten() throws Exception {
    Files.writeString(path, "nameserver 10.0.0.1\n");
    ResolvConfFile file = open();
    Files.writeString(path, "nameserver 10.0.");
    assertThat(servers(file)).containsExactly("10.0.0.1");

    Files.writeString(path, "nameserver 10.0.7.1\n");

    assertThat(servers(file)).containsExactly("10.0.7.1");
    assertThat(file.current().warnings()).isEmpty();
    assertThat(file.takeChanges()).isOne();
    assertThat(file.takeChanges()).isZero();
  }

  @Test
  void shouldTakeTheNewFileWhenASymbolicLinkIsTurnedToIt() throws Exception {
    link("1");
    Files.createSymbolicLink(path, Path.of("..data", "resolv.conf"));
    ResolvConfFile file = open();
    assertThat(servers(file)).containsExactly("10.0.0.1");

    link("2");

    assertThat(servers(file)).containsExactly("10.0.0.2");
  }

  /** Does as kubelet does with a volume: a new folder, and a link that is renamed over the old. */
  private void link(String last) throws IOException {
    Path version = Files.createDirectory(folder.resolve("..version" + last));
    Files.writeString(version.resolve("resolv.conf"), "nameserver 10.0.0." + last + "\n");
    Path fresh = Files.createSymbolicLink(folder.resolve("..fresh"), version.getFileName());
    Files.move(fresh, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void shouldKeepTheServersWhenTheFileIsMissingForAWhile() throws Exception {
    Files.writeString(path, "nameserver 10.0.0.1\n");
    ResolvConfFile file = open();

    Files.delete(path);
    assertThat(servers(file)).containsExactly("10.0.0.1");
    Files.writeString(path, "nameserver 10.0.0.2\n");

    assertThat(servers(file)).containsExactly("10.0.0.2");
  }
}
