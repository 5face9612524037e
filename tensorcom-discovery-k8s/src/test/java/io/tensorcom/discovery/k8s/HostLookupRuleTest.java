// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Nobody, here or in the core, looks a host up by way of the JVM, with its cache and its hosts
 * file, or of dnsjava, by mistake.
 */
final class HostLookupRuleTest {
  /** The JVM's resolver, and those that parse literals. */
  private static final Set<String> MAY =
      Set.of(
          "io.tensorcom.Literals",
          "io.tensorcom.UrlAuthority",
          "io.tensorcom.discovery.HostLookup",
          "io.tensorcom.discovery.JvmResolver",
          "io.tensorcom.discovery.k8s.conf.ResolvConfParser",
          "io.tensorcom.transport.netty.Addresses");

  private static final Set<String> JVM_LOOKUPS =
      Set.of("getByName", "getAllByName", "getLocalHost", "getHostName", "getCanonicalHostName");

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.tensorcom");

  private static boolean asksTheJvm(JavaAccess<?> access) {
    AccessTarget target = access.getTarget();
    return switch (target.getOwner().getName()) {
      case "java.net.InetAddress" -> JVM_LOOKUPS.contains(target.getName());
      case "java.net.InetSocketAddress" ->
          JVM_LOOKUPS.contains(target.getName())
              || target.getFullName().contains("<init>(java.lang.String, int)");
      default -> false;
    };
  }

  private static boolean asksByDnsjava(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getName();
    return owner.startsWith("org.xbill.DNS.")
        // Parses literals.
        && !access.getTarget().getName().equals("toByteArray")
        && owner.matches(".*(Lookup|Resolver|Cache|DNS\\.Address|hosts\\.).*");
  }

  private static Set<String> callers(Predicate<JavaAccess<?>> wanted) {
    Set<String> callers = new TreeSet<>();
    OURS.forEach(
        type ->
            type.getAccessesFromSelf().stream()
                .filter(wanted)
                .forEach(access -> callers.add(type.getName())));
    return callers;
  }

  @Test
  void shouldFindLookupsOnlyInClassesThatMayMakeThem() {
    assertThat(callers(HostLookupRuleTest::asksTheJvm)).containsExactlyInAnyOrderElementsOf(MAY);
  }

  @Test
  void shouldUseNothingOfDnsjavaThatAsksByItself() {
    assertThat(callers(access -> access.getTargetOwner().getName().startsWith("org.xbill.DNS.")))
        .as("who uses dnsjava at all")
        .isNotEmpty();
    assertThat(callers(HostLookupRuleTest::asksByDnsjava)).isEmpty();
  }
}
