// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.discovery.k8s.conf.SearchList.Libc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Name;

final class SearchListTest {
  private static final int CASES = 400;
  private static final List<String> LABELS =
      List.of("a", "shards", "bigdata19", "x-1", "svc", "_zmq", "_tcp", "19s");
  private static final List<String> DOMAINS =
      List.of(
          "default.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp", ".", "b.c.");

  private static List<String> names(String name, String conf, Libc libc) {
    ResolvConf parsed = ResolvConfParser.parse(conf.replace(';', '\n'), Map.of(), "box", 53);
    return SearchList.candidates(name, parsed, libc).stream().map(Name::toString).toList();
  }

  @Test
  void shouldSearchBeforeTheNameItselfWhenItHasFewDots() {
    assertThat(names("shards.bigdata19", "search a.b c;options ndots:5", Libc.GLIBC))
        .containsExactly("shards.bigdata19.a.b.", "shards.bigdata19.c.", "shards.bigdata19.");
  }

  @Test
  void shouldNotSearchWhenNameHasEnoughDotsAndRulesAreMusl() {
    assertThat(names("shards.bigdata19", "search a.b c;options ndots:1", Libc.MUSL))
        .containsExactly("shards.bigdata19.");
    assertThat(names("shards", "search a.b c;options ndots:1", Libc.MUSL))
        .containsExactly("shards.a.b.", "shards.c.", "shards.");
  }

  @Test
  void shouldTakeNamesAsPodsHaveThem() {
    for (String name : List.of("19shards", "_x.y", "10-0-0-1.shards", "a".repeat(63))) {
      assertThat(names(name, "search svc", Libc.GLIBC)).contains(name + ".svc.", name + ".");
    }
  }

  @Test
  void shouldRefuseWhenNameCannotBeOne() {
    for (String name : List.of("a..b", ".a", "a".repeat(64), "a.".repeat(127) + "aa")) {
      assertThatThrownBy(() -> names(name, "search svc", Libc.GLIBC))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bad name");
    }
  }

  @Provide
  Arbitrary<String> hosts() {
    return Combinators.combine(
            Arbitraries.of(LABELS).list().ofMinSize(1).ofMaxSize(8), Arbitraries.of("", "", "."))
        .as((labels, dot) -> String.join(".", labels) + dot);
  }

  @Provide
  Arbitrary<List<String>> domains() {
    return Arbitraries.of(DOMAINS).list().ofMinSize(1).ofMaxSize(6);
  }

  @Property
  void shouldTryTheNamesOfTheModelInItsOrderAndNoneTwice(
      @ForAll("hosts") String host,
      @ForAll("domains") List<String> domains,
      @ForAll @IntRange(max = 15) int ndots,
      @ForAll boolean noTldQuery) {
    String conf =
        "search "
            + String.join(" ", domains)
            + ";options ndots:"
            + ndots
            + (noTldQuery ? " no-tld-query" : "");

    assertThat(names(host, conf, Libc.GLIBC))
        .isEqualTo(GlibcModel.asked(host, domains, ndots, noTldQuery).stream().distinct().toList());
  }

  static boolean canAskGlibc() throws Exception {
    Process probe =
        new ProcessBuilder("sh", "-c", "unshare -m -n sh -c 'getent --version && ip -V'")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean can = probe.waitFor(10, TimeUnit.SECONDS) && probe.exitValue() == 0;
    if (!can) {
      if (System.getenv("TENSORCOM_REQUIRE_NAMESPACES") != null) {
        throw new IllegalStateException("no namespaces: run as root, with unshare, ip and getent");
      }
      System.out.println("SKIPPED: comparing with glibc needs root, unshare, ip and getent");
    }
    return can;
  }

  private static String randomCase(Random random) {
    List<String> name = new ArrayList<>();
    for (int i = random.nextInt(7); i >= 0; i--) {
      name.add(LABELS.get(random.nextInt(LABELS.size())));
    }
    String text = String.join(".", name) + (random.nextInt(8) == 0 ? "." : "");
    List<String> search = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      String domain = DOMAINS.get(random.nextInt(DOMAINS.size()));
      if (!search.contains(domain)) {
        search.add(domain);
      }
    }
    String conf = search.isEmpty() ? "" : "search " + String.join(" ", search) + ";";
    return text + "|" + conf + "options ndots:" + random.nextInt(17);
  }

  private static List<String> askGlibc(List<String> cases, Path folder) throws Exception {
    Path in = Files.write(folder.resolve("cases"), cases);
    Path out = folder.resolve("answers");
    Path conf = Files.createFile(folder.resolve("resolv.conf"));
    Path log = folder.resolve("log");
    String script =
        // Without an address beyond the loopback's getent would ask nobody.
        "ip link set lo up && ip addr add 10.77.0.1/32 dev lo && mount --bind \"$CONF\" \"$(readlink -f /etc/resolv.conf)\""
            + " && exec \"$JAVA\" -cp \"$CP\" "
            + GlibcOracle.class.getName()
            + " \"$IN\" \"$OUT\"";
    ProcessBuilder builder = new ProcessBuilder("unshare", "-m", "-n", "sh", "-c", script);
    Map<String, String> environment = builder.environment();
    environment.keySet().removeAll(List.of("LOCALDOMAIN", "RES_OPTIONS"));
    environment.put("CONF", conf.toString());
    environment.put("JAVA", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    environment.put("CP", System.getProperty("java.class.path"));
    environment.put("IN", in.toString());
    environment.put("OUT", out.toString());
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    return Files.readAllLines(out);
  }

  @Test
  @EnabledIf("canAskGlibc")
  void shouldTryTheSameNamesAsGlibcInTheSameOrder(@TempDir Path folder) throws Exception {
    Random random = new Random(19);
    List<String> cases = new ArrayList<>();
    for (int i = 0; i < CASES; i++) {
      cases.add(randomCase(random));
    }

    List<String> answers = askGlibc(cases, folder);

    assertThat(answers).hasSize(CASES);
    for (int i = 0; i < CASES; i++) {
      String each = cases.get(i);
      int bar = each.indexOf('|');
      List<String> search = List.of();
      int ndots = 1;
      for (String line : each.substring(bar + 1).split(";", -1)) {
        if (line.startsWith("search ")) {
          search = List.of(line.substring(7).split(" ", -1));
        } else {
          ndots = Integer.parseInt(line.substring(line.indexOf(':') + 1));
        }
      }
      assertThat(GlibcModel.asked(each.substring(0, bar), search, Math.min(ndots, 15), false))
          .as("the model of %s", each)
          .isEqualTo(List.of(answers.get(i).split(" ", -1)));
      // With the root on the list glibc asks for the name itself twice, which is never of use.
      List<String> glibc = Arrays.stream(answers.get(i).split(" ", -1)).distinct().toList();
      assertThat(names(each.substring(0, bar), each.substring(bar + 1), Libc.GLIBC))
          .as(each)
          .isEqualTo(glibc);
    }
  }
}
