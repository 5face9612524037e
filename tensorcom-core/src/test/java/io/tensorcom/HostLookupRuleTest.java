// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Nobody looks a host up by way of the JVM, with its cache and its hosts file, by mistake. */
final class HostLookupRuleTest {
  /** The JVM's resolver, and those that parse literals. */
  private static final Set<String> MAY =
      Set.of(
          "io.tensorcom.Literals",
          "io.tensorcom.UrlAuthority",
          "io.tensorcom.discovery.HostLookup",
          "io.tensorcom.discovery.JvmResolver",
          "io.tensorcom.transport.netty.Addresses");

  private static boolean looksUp(JavaAccess<?> access) {
    AccessTarget target = access.getTarget();
    return switch (target.getOwner().getName()) {
      case "java.net.InetAddress" ->
          target.getName().equals("getByName") || target.getName().equals("getAllByName");
      case "java.net.InetSocketAddress" ->
          target.getFullName().contains("<init>(java.lang.String, int)");
      default -> false;
    };
  }

  @Test
  void shouldFindLookupsOnlyInClassesThatMayMakeThem() {
    Set<String> callers = new TreeSet<>();
    new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .importPackages("io.tensorcom")
        .forEach(
            type ->
                type.getAccessesFromSelf().stream()
                    .filter(HostLookupRuleTest::looksUp)
                    .forEach(access -> callers.add(type.getName())));

    assertThat(callers).containsExactlyInAnyOrderElementsOf(MAY);
  }
}
