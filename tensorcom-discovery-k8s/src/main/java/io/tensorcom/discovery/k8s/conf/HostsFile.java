// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads hosts(5). It is off by default: kubelet writes a pod's own name there, behind which other
 * pods would never be found.
 */
public final class HostsFile {
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private HostsFile() {}

  /** {@return all addresses that the file gives a name; empty if it cannot be read} */
  public static List<InetAddress> addresses(Path file, String name) {
    String wanted = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    List<InetAddress> addresses = new ArrayList<>();
    for (String line : lines(file)) {
      List<String> words = BLANKS.splitAsStream(line.replaceAll("#.*", "").strip()).toList();
      @Nullable InetAddress address = ResolvConfParser.literal(words.get(0));
      for (int i = 1; i < words.size() && address != null; i++) {
        if (words.get(i).equalsIgnoreCase(wanted)) {
          addresses.add(address);
        }
      }
    }
    return addresses.stream().distinct().toList();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
