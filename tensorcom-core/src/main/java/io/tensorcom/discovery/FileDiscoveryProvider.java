// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.nio.file.Path;

/**
 * The provider {@code file}, of the argument PATH: one {@code host:port} a line, for every name.
 * The file is looked at every second; while it is missing or makes no sense, what was known stays.
 */
public final class FileDiscoveryProvider implements DiscoveryProvider {
  /** Made by {@link java.util.ServiceLoader}. */
  public FileDiscoveryProvider() {}

  @Override
  public String name() {
    return "file";
  }

  @Override
  public int priority() {
    return -1;
  }

  @Override
  public ServiceDiscovery open(DiscoveryContext context) {
    if (context.argument().isEmpty()) {
      throw new IllegalArgumentException("discovery=file without a path (expected: file:PATH)");
    }
    Path path = Path.of(context.argument());
    return ListDiscovery.open(context, () -> new FileSource(path));
  }
}
