// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.testkit.VirtualTime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
final class ListDiscoveryTest {
  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private static final ServiceName SHARDS = ServiceName.of("shards", 7880);

  private final VirtualTime time = new VirtualTime();
  private final Map<String, Object> hosts = new HashMap<>();
  private final List<Runnable> blocked = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private boolean blocks;
  private int lookups;

  private InetAddress[] lookup(String host) throws UnknownHostException {
    lookups++;
    Object answer = hosts.getOrDefault(host, "Name or service not known");
    if (answer instanceof String problem) {
      throw new UnknownHostException(host + ": " + problem);
    }
    return (InetAddress[]) answer;
  }

  private static InetAddress[] addresses(String... literals) throws UnknownHostException {
    InetAddress[] all = new InetAddress[literals.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = InetAddress.getByName(literals[i]);
    }
    return all;
  }

  private Watch watch(EntrySource source, AddressFamily family) {
    DiscoveryContext context = new DiscoveryContext(time, "", family);
    ListDiscovery discovery =
        new ListDiscovery(
            context,
            ListDiscovery.of(context, () -> source, this::lookup),
            action -> {
              if (blocks) {
                blocked.add(action);
              } else {
                action.run();
              }
            },
            () -> {});
    Watch watch =
        discovery.watch(
            SHARDS,
            DEADLINE,
            new EndpointListener() {
              @Override
              public void onSnapshot(EndpointSnapshot snapshot) {
                told.add(
                    snapshot.version()
                        + " "
                        + snapshot.endpoints().stream()
                            .map(each -> each + (each.state() == Endpoint.State.STALE ? "?" : ""))
                            .toList());
              }

              @Override
              public void onError(DiscoveryException failure) {
                told.add(failure.reason() + " " + failure.getMessage());
              }
            });
    time.run();
    return watch;
  }

  @Test
  void shouldFollowChangesWhenTheJvmIsAskedAgain() throws Exception {
    hosts.put("shards", addresses("10.0.0.2", "10.0.0.1", "fd00::1"));
    watch(new JvmResolver(), AddressFamily.AUTO);
    hosts.put("shards", addresses("10.0.0.1", "10.0.0.2"));
    time.advance(Duration.ofSeconds(10));
    hosts.put("shards", addresses("10.0.0.1", "10.0.0.3"));
    time.advance(Duration.ofSeconds(10));

    assertThat(told)
        .containsExactly("1 [10.0.0.1:7880, 10.0.0.2:7880]", "2 [10.0.0.1:7880, 10.0.0.3:7880]");
  }

  @Test
  void shouldKeepWhatItKnowsWhenNobodyCanBeAsked() throws Exception {
    watch(new JvmResolver(), AddressFamily.AUTO);
    hosts.put("shards", addresses("10.0.0.1"));
    time.advance(Duration.ofSeconds(10));
    hosts.put("shards", "Temporary failure in name resolution");
    time.advance(Duration.ofSeconds(30));
    hosts.remove("shards");
    time.advance(Duration.ofSeconds(10));
    time.advance(Duration.ofSeconds(30));

    assertThat(told)
        .containsExactly(
            "NOT_FOUND shards:7880: the resolver of the JVM: shards: Name or service not known",
            "1 [10.0.0.1:7880]",
            "2 [10.0.0.1:7880?]",
            "3 []");
  }

  @Test
  void shouldTellATimeoutAndThenTheAnswerWhenTheResolverIsSlow() throws Exception {
    hosts.put("shards", addresses("10.0.0.1"));
    blocks = true;
    Watch watch = watch(new JvmResolver(), AddressFamily.AUTO);

    time.advance(Duration.ofMillis(4999));
    assertThat(told).isEmpty();
    time.advance(Duration.ofMillis(1));
    assertThat(watch.explain()).isEqualTo("shards:7880: no answer within 5000 ms");
    blocked.get(0).run();
    time.run();

    assertThat(told)
        .containsExactly("TIMEOUT shards:7880: no answer within 5000 ms", "1 [10.0.0.1:7880]");
    assertThat(blocked).hasSize(1);
    assertThat(watch.explain()).isEmpty();
  }

  @Test
  void shouldLookEarlyAtMostOnceASecondWhenHinted() throws Exception {
    hosts.put("shards", addresses("10.0.0.1"));
    Watch watch = watch(new JvmResolver(), AddressFamily.AUTO);
    for (int i = 0; i < 10; i++) {
      watch.reportUnreachable(Endpoint.of(addresses("10.0.0.1")[0], 7880));
    }
    time.run();
    assertThat(lookups).isOne();
    time.advance(Duration.ofSeconds(1));
    assertThat(lookups).isEqualTo(2);

    watch.close();
    time.advance(Duration.ofSeconds(60));
    assertThat(lookups).isEqualTo(2);
    assertThat(time.pending()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "AUTO, '1 [10.0.0.1:1, 127.0.0.1:3, [fd00:0:0:0:0:0:0:9]:2]'",
    "IPV4, '1 [10.0.0.1:1, 127.0.0.1:3]'",
    "IPV6, '1 [[0:0:0:0:0:0:0:1]:3, [fd00:0:0:0:0:0:0:1]:1, [fd00:0:0:0:0:0:0:9]:2]'"
  })
  void shouldKeepToTheFamilyWhenHostsHaveBoth(AddressFamily family, String expected)
      throws Exception {
    hosts.put("a", addresses("fd00::1", "10.0.0.1"));
    StaticSource source = new StaticSource(HostPort.parseList("a:1, [fd00::9]:2,localhost:3"));

    watch(source, family);

    assertThat(told).containsExactly(expected);
  }

  @Test
  void shouldLookNothingUpWhenAListIsLiteral() {
    StaticSource source = new StaticSource(HostPort.parseList("10.0.0.1:1,10.0.0.1:1,[fd00::9]:2"));

    watch(source, AddressFamily.AUTO);
    time.advance(Duration.ofSeconds(60));

    assertThat(told).containsExactly("1 [10.0.0.1:1, [fd00:0:0:0:0:0:0:9]:2]");
    assertThat(lookups).isZero();
  }

  @Test
  void shouldFollowAFileWhenItChangesAndKeepItsSetWhenItIsBad(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("shards");
    watch(new FileSource(file), AddressFamily.AUTO);
    Files.writeString(file, "# all\n10.0.0.1:1\n\n10.0.0.2:2 # second\n");
    time.advance(Duration.ofSeconds(1));
    Files.writeString(file, "10.0.0.1:1\nnonsense\n");
    time.advance(Duration.ofSeconds(5));
    Files.delete(file);
    time.advance(Duration.ofSeconds(5));
    Files.writeString(file, "10.0.0.2:2\n");
    time.advance(Duration.ofSeconds(1));
    Files.writeString(file, "# nobody\n");
    time.advance(Duration.ofSeconds(1));

    assertThat(told)
        .containsExactly(
            "FAILED shards:7880: no such file: " + file,
            "1 [10.0.0.1:1, 10.0.0.2:2]",
            "2 [10.0.0.1:1?, 10.0.0.2:2?]",
            "3 [10.0.0.2:2]",
            "4 []");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "a:", ":1", "a:0", "a:65536", "fd00::1", "a b:1", "a:1,"})
  void shouldSayWhatIsExpectedWhenAListIsBad(String list) {
    assertThatThrownBy(() -> Discoveries.open("static:" + list, AddressFamily.AUTO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: host:port");
  }

  @Test
  void shouldRefuseTheNameWhenTheJvmCannotKnowIt() {
    try (ServiceDiscovery discovery = Discoveries.open("jvm", AddressFamily.AUTO)) {
      ServiceName name = new ServiceName("_zmq._tcp.shards", 0, null);
      EndpointListener listener = new Collecting();
      assertThatThrownBy(() -> discovery.watch(name, DEADLINE, listener))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the resolver of the JVM knows no SRV records");
    }
    assertThatThrownBy(() -> Discoveries.open("file", AddressFamily.AUTO))
        .hasMessageContaining("file:PATH");
  }

  @Test
  void shouldTellOnTheDiscoverysThreadWhenTimeIsReal() throws Exception {
    Collecting listener = new Collecting();
    try (ServiceDiscovery discovery = Discoveries.open("", AddressFamily.IPV4)) {
      discovery.watch(ServiceName.of("localhost", 1), DEADLINE, listener);

      assertThat(listener.told.poll(20, TimeUnit.SECONDS))
          .startsWith("tensorcom-discovery-")
          .endsWith("[127.0.0.1:1]");
    }
  }

  private static final class Collecting implements EndpointListener {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    @Override
    public void onSnapshot(EndpointSnapshot snapshot) {
      told.add(Thread.currentThread().getName() + " " + snapshot.endpoints());
    }

    @Override
    public void onError(DiscoveryException failure) {
      told.add(failure.toString());
    }
  }
}
