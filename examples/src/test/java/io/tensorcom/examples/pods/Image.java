// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** What stands in the image, as {@code examples/image/build} makes it, from this work tree. */
final class Image {
  private static final Path ROOT = Path.of(System.getProperty("tensorcom.root"));
  private static final Path HOME = Path.of("/opt/tensorcom");
  static final String PATH = HOME + "/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** Where the classes of tests are, too, which the image has not. */
  static final String CLASS_PATH =
      "core:discovery-k8s:djl:examples:tests:../lib/*".replaceAll("[^:]+", HOME + "/classes/$0");

  private Image() {}

  /** {@return folders of ours, and where they are in the image} */
  static Map<Path, Path> stage(Path folder) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    try (Stream<Path> launchers = Files.list(ROOT.resolve("examples/bin"))) {
      for (Path launcher : launchers.toList()) {
        program(ROOT.resolve("examples/image/tool"), bin.resolve(launcher.getFileName()));
      }
    }
    program(Resources.file("slowly"), bin.resolve("slowly"));
    Map<Path, Path> seen = new LinkedHashMap<>();
    seen.put(bin, HOME.resolve("bin"));
    for (String module : new String[] {"core", "discovery-k8s", "djl"}) {
      Path classes = ROOT.resolve("tensorcom-" + module + "/target/classes");
      seen.put(classes, HOME.resolve("classes").resolve(module));
    }
    seen.put(ROOT.resolve("examples/target/classes"), HOME.resolve("classes/examples"));
    seen.put(ROOT.resolve("examples/target/test-classes"), HOME.resolve("classes/tests"));
    seen.put(ROOT.resolve("examples/target/lib"), HOME.resolve("lib"));
    seen.put(ROOT.resolve("examples/data"), HOME.resolve("data"));
    Path java = Path.of(System.getProperty("java.home"));
    if (!java.startsWith("/usr")) {
      seen.put(java, java);
    }
    return seen;
  }

  private static void program(Path from, Path to) throws IOException {
    Files.copy(from, to);
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
