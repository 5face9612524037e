// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import org.junit.jupiter.api.Test;

final class ResolvConfParserTest {
  private static ResolvConf parse(String text) {
    return ResolvConfParser.parse(text, Map.of(), "box.example.org", 53);
  }

  private static List<String> servers(ResolvConf conf) {
    return conf.servers().stream().map(each -> each.getAddress().getHostAddress()).toList();
  }

  @Test
  void shouldKeepToLimitsAndWarnWhenFileIsStrange() {
    ResolvConf conf =
        parse(
            """
            nameserver\t10.0.0.1\r
            # comment
            ;another
             nameserver 10.0.0.2
            nameserver
            nameserver dns.example
            nameserver fd00::1
            nameserver 10.0.0.3
            nonsense x
            options ndots:99 timeout:99 attempts:99 rotate new-thing ndots:x
            """);

    assertThat(servers(conf)).containsExactly("10.0.0.1", "10.0.0.2", "fd00:0:0:0:0:0:0:1");
    assertThat(conf.ndots()).isEqualTo(15);
    assertThat(conf.timeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(conf.attempts()).isEqualTo(5);
    assertThat(conf.rotate()).isTrue();
    assertThat(conf.warnings())
        .containsExactly(
            "nameserver is no address: (empty)",
            "nameserver is no address: dns.example",
            "more than three nameservers, left out: 10.0.0.3",
            "unknown line: nonsense",
            "unknown option: new-thing",
            "option without a number: ndots:x");
  }

  @Test
  void shouldHaveLibcsDefaultsWhenFileIsEmpty() {
    ResolvConf conf = parse("");

    assertThat(servers(conf)).containsExactly("127.0.0.1");
    assertThat(conf.search()).containsExactly("example.org");
    assertThat(conf.ndots()).isEqualTo(1);
    assertThat(conf.timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(conf.attempts()).isEqualTo(2);
  }

  @Test
  void shouldTakeTheLastWhenSearchIsSaidTwice() {
    assertThat(parse("search a b\ndomain c\n").search()).containsExactly("c");
    assertThat(parse("domain c\nsearch a b. .\n").search()).containsExactly("a", "b", "");
  }

  @Test
  void shouldPreferTheEnvironment() {
    ResolvConf conf =
        ResolvConfParser.parse(
            "search a\noptions ndots:5\n",
            Map.of("LOCALDOMAIN", "x y", "RES_OPTIONS", "ndots:2 use-vc no-aaaa"),
            "box",
            53);

    assertThat(conf.search()).containsExactly("x", "y");
    assertThat(conf.ndots()).isEqualTo(2);
    assertThat(conf.useTcp()).isTrue();
    assertThat(conf.noIpv6()).isTrue();
  }

  @Property
  void shouldNeverThrowWhenTextIsAnything(@ForAll String text) {
    assertThat(parse(text).servers()).hasSizeBetween(1, 3);
  }

  @Property
  void shouldNeverThrowWhenWordsAreTheRightOnes(
      @ForAll List<@CharRange(from = ' ', to = ':') String> words) {
    String text = "options " + String.join(" ndots:", words) + "\nsearch " + words + "\n";

    assertThat(parse(text).ndots()).isBetween(0, 15);
  }
}
