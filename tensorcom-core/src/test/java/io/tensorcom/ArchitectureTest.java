// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows between packages, and what an exported signature may mention. */
final class ArchitectureTest {
  private static final Set<String> EXPORTED =
      Set.of(
          "io.tensorcom",
          "io.tensorcom.codec",
          "io.tensorcom.discovery",
          "io.tensorcom.metrics",
          "io.tensorcom.stream",
          "io.tensorcom.tensor",
          "io.tensorcom.transport",
          "io.tensorcom.transport.jeromq",
          "io.tensorcom.transport.netty");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.tensorcom");

  @Test
  void shouldHaveNoCyclesWhenPackagesDependOnEachOther() {
    slices()
        .matching("io.tensorcom.(**)")
        .namingSlices("$1")
        .as("packages below the root")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  @Test
  void shouldPointDownwardsWhenPackagesDependOnEachOther() {
    String[][] forbidden = {
      {"io.tensorcom.tensor", "io.tensorcom.codec.."},
      {"io.tensorcom.tensor", "io.tensorcom.transport.."},
      {"io.tensorcom.transport..", "io.tensorcom.codec.."},
      {"io.tensorcom.codec", "io.tensorcom.transport.jeromq.."},
      {"io.tensorcom.codec", "io.tensorcom.transport.netty.."},
      {"io.tensorcom.codec", "io.tensorcom.transport.zmtp.."},
      {"io.tensorcom.transport.zmtp", "io.netty.."},
      {"io.tensorcom.transport..", "io.tensorcom.discovery.."},
      {"io.tensorcom.discovery", "io.tensorcom.transport.."},
      {"io.tensorcom.discovery", "io.tensorcom.tensor.."},
      {"io.tensorcom.codec", "io.tensorcom.stream.."},
      {"io.tensorcom.transport..", "io.tensorcom.stream.."},
      {"io.tensorcom.stream", "io.tensorcom.discovery.."},
    };
    for (String[] pair : forbidden) {
      noClasses()
          .that()
          .resideInAPackage(pair[0])
          .should()
          .dependOnClassesThat()
          .resideInAPackage(pair[1])
          .check(CLASSES);
    }
    noClasses()
        .that()
        .resideOutsideOfPackages("io.tensorcom", "io.tensorcom.metrics")
        .should()
        .dependOnClassesThat(
            describe("in the root package", c -> c.getPackageName().equals("io.tensorcom")))
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.tensorcom.transport.jeromq")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.zeromq..", "zmq..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.tensorcom.metrics")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.tensorcom.metrics", "io.micrometer..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.tensorcom.transport.netty")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..")
        .check(CLASSES);
  }

  @Test
  void shouldMentionOnlyExportedTypesWhenSignatureIsExported() {
    List<String> hidden = new ArrayList<>();
    int looked = 0;
    for (JavaClass type : CLASSES) {
      if (!isExported(type)) {
        continue;
      }
      for (JavaMember member : type.getMembers()) {
        if (!isVisible(member.getModifiers())) {
          continue;
        }
        looked++;
        signature(member)
            .map(JavaClass::getBaseComponentType)
            .filter(mentioned -> !isAllowed(mentioned))
            .forEach(mentioned -> hidden.add(member.getFullName() + ": " + mentioned.getName()));
      }
    }
    assertThat(looked).isGreaterThan(100);
    assertThat(hidden).isEmpty();
  }

  private static Stream<JavaClass> signature(JavaMember member) {
    Stream<JavaClass> types = member.getAllInvolvedRawTypes().stream();
    return member instanceof JavaCodeUnit unit
        ? Stream.concat(types, unit.getExceptionTypes().stream())
        : types;
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static boolean isExported(JavaClass type) {
    return EXPORTED.contains(type.getPackageName())
        && type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isExported).orElse(true);
  }

  private static boolean isAllowed(JavaClass type) {
    return type.isPrimitive()
        || type.getName().startsWith("java.")
        || type.getName().startsWith("io.micrometer.")
        || isExported(type);
  }
}
