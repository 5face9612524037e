// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A resolv.conf that is read again when it has changed: kubelet and others replace it under running
 * processes. A new version that is missing, empty or names no server leaves the old one in force.
 * Confined to one thread.
 */
public final class ResolvConfFile {
  private static final Logger LOG = LoggerFactory.getLogger(ResolvConfFile.class);
  private static final int MAX_BYTES = 64 << 10;

  private record Version(Object time, Object size, @Nullable Object key) {}

  private final Path path;
  private final Map<String, String> environment;
  private final String hostName;
  private final int port;
  private @Nullable Version version;
  private ResolvConf current;
  private int changes;

  /**
   * Reads the file for the first time; a missing one counts as an empty one, as in libc.
   *
   * @param port of the servers
   */
  public ResolvConfFile(Path path, Map<String, String> environment, String hostName, int port) {
    this.path = path;
    this.environment = environment;
    this.hostName = hostName;
    this.port = port;
    this.version = version();
    String text = read();
    this.current = parse(text == null ? "" : text);
    current.warnings().forEach(warning -> LOG.warn("{}: {}", path, warning));
  }

  /** {@return the settings in force, after a look whether the file has changed} */
  public ResolvConf current() {
    Version now = current.noReload() ? version : version();
    if (now != null && !now.equals(version)) {
      version = now;
      String text = read();
      if (text == null || !ResolvConfParser.namesServer(text)) {
        String warning = path + " names no server any more: the settings before it stay in force";
        LOG.warn(warning);
        current = current.withWarnings(List.of(warning));
        return current;
      }
      ResolvConf changed = parse(text);
      if (!changed.equals(current)) {
        LOG.info("{} has changed: {}", path, changed.describe());
        changed.warnings().forEach(warning -> LOG.warn("{}: {}", path, warning));
        current = changed;
        changes++;
      }
    }
    return current;
  }

  /** {@return how often the settings have changed since the last call} */
  public int takeChanges() {
    int taken = changes;
    changes = 0;
    return taken;
  }

  /** {@return where the file is} */
  public Path path() {
    return path;
  }

  private ResolvConf parse(String text) {
    return ResolvConfParser.parse(text, environment, hostName, port);
  }

  /** {@return what tells two files apart without reading them, or null if there is none} */
  private @Nullable Version version() {
    try {
      BasicFileAttributes is = Files.readAttributes(path, BasicFileAttributes.class);
      return new Version(is.lastModifiedTime(), is.size(), is.fileKey());
    } catch (IOException e) {
      return null;
    }
  }

  private @Nullable String read() {
    try (var in = Files.newInputStream(path)) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return null;
    }
  }
}
