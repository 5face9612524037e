// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tensorcom.examples.cli.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ShardSourceTest {
  private final List<String> lines = new ArrayList<>();
  private final SkipLog skips = new SkipLog(lines::add);

  private static List<String> contents(SampleStream stream) throws InterruptedException {
    List<String> contents = new ArrayList<>();
    try (stream) {
      for (EncodedSample s = stream.next(); s != null; s = stream.next()) {
        contents.add(s.label() + ":" + Arrays.hashCode(s.image()) + ":" + s.name());
      }
    }
    return contents;
  }

  private List<String> onePass(List<Shard> shards) throws InterruptedException {
    return contents(new ShardSource(shards, ServerPart.ALL, null, skips).openPass(0));
  }

  @ParameterizedTest
  @CsvSource({"1,1", "4,1", "4,2", "4,3", "4,4", "3,5", "1,7"})
  void shouldServeEverySampleOncePerPassWhenServersShareShards(int shards, int servers)
      throws InterruptedException {
    List<Shard> list = Archives.fashionMnist(shards);
    List<String> all = onePass(list);
    assertThat(all).hasSize(1000 * shards).doesNotHaveDuplicates();

    for (int pass = 0; pass < 2; pass++) {
      List<String> together = new ArrayList<>();
      for (int i = 0; i < servers; i++) {
        ShardSource source = new ShardSource(list, new ServerPart(i, servers), 42L, skips);
        together.addAll(contents(source.openPass(pass)));
      }
      assertThat(together).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  @Test
  void shouldReadShardsInAnotherOrderWhenSeedOrPassIsAnother() throws InterruptedException {
    List<Shard> list = Archives.fashionMnist(4);
    Set<List<String>> orders = new HashSet<>();
    for (int pass = 0; pass < 6; pass++) {
      orders.add(contents(new ShardSource(list, ServerPart.ALL, 1L, skips).openPass(pass)));
    }

    assertThat(orders).hasSizeGreaterThan(2);
    assertThat(onePass(list)).isEqualTo(onePass(list));
  }

  @Test
  void shouldSkipByNameWhenSamplesAreIncomplete(@TempDir Path folder) throws Exception {
    byte[] image = Archives.plain(2, 2, 0);
    Path tar =
        Archives.tar(
            folder.resolve("s.tar"),
            "a.png",
            image,
            "a.cls",
            "1",
            "b.png",
            image,
            "c.cls",
            "2",
            "d.PNG",
            image,
            "d.cls",
            " 3\n",
            "e.jpg",
            image,
            "e.cls",
            "cat",
            "README",
            "x",
            "f.seg.png",
            image);

    List<String> read = onePass(Shard.parse(tar.toString()));

    assertThat(read).hasSize(2);
    assertThat(read.get(0)).startsWith("1:").endsWith("s.tar a");
    assertThat(read.get(1)).startsWith("3:").endsWith("s.tar d");
    assertThat(lines)
        .containsExactly(
            "skipped " + tar + " b: no cls member",
            "skipped " + tar + " c: no png, jpg, jpeg or ppm member",
            "skipped " + tar + " e: cls is not a number: cls=cat",
            "skipped " + tar + " f: no png, jpg, jpeg or ppm member");
  }

  @Test
  void shouldSkipTheRestWhenAShardIsShort(@TempDir Path folder) throws Exception {
    byte[] whole =
        Files.readAllBytes(Archives.DATA.resolve("fashion-mnist/fashion-mnist-train-000000.tgz"));
    Path cut = Files.write(folder.resolve("cut.tgz"), Arrays.copyOf(whole, whole.length / 2));
    List<Shard> shards = new ArrayList<>(Shard.parse(cut.toString()));
    shards.addAll(Archives.fashionMnist(1));

    List<String> read = onePass(shards);

    assertThat(read).hasSizeBetween(1300, 1600);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).startsWith("skipped the rest of shard " + cut + ": ");
  }

  @Test
  void shouldSkipTheRestWhenAShardEndsBetweenTwoMembers(@TempDir Path folder) throws Exception {
    byte[] whole;
    try (InputStream in =
        new GZIPInputStream(
            Files.newInputStream(
                Archives.DATA.resolve("fashion-mnist/fashion-mnist-train-000000.tgz")))) {
      whole = in.readAllBytes();
    }
    // Members of less than 512 bytes take two records each, a sample four.
    Path cut = Files.write(folder.resolve("cut.tar"), Arrays.copyOf(whole, 40 * 512));
    Path empty = Files.createFile(folder.resolve("empty.tar"));

    List<Shard> shards = new ArrayList<>(Shard.parse(cut.toString()));
    shards.addAll(Shard.parse(empty.toString()));

    assertThat(onePass(shards)).isNotEmpty();
    assertThat(lines)
        .containsExactly(
            "skipped the rest of shard " + cut + ": ends without the end of an archive",
            "skipped the rest of shard " + empty + ": ends without the end of an archive");
  }

  @Test
  void shouldReadEveryShardWhenACommandHasBraces(@TempDir Path folder) throws Exception {
    Path file = Archives.DATA.resolve("fashion-mnist/fashion-mnist-train-000000.tgz");
    for (String name : List.of("a", "b")) {
      Files.copy(file, folder.resolve(name + ".tgz"));
    }

    List<Shard> shards = Shard.parse("pipe:cat '" + folder + "'/{a,b}.tgz");

    assertThat(shards).hasSize(2);
    assertThat(onePass(shards)).hasSize(2000);
  }

  @Test
  void shouldSkipWhenAShardIsNoArchive(@TempDir Path folder) throws Exception {
    Path text = Files.writeString(folder.resolve("text.tar"), "not a tar archive ".repeat(100));

    assertThat(onePass(Shard.parse(text.toString()))).isEmpty();
    assertThat(skips.count()).isEqualTo(1);
  }

  @Test
  void shouldSayWhichShardWhenAFileIsMissing() {
    assertThatThrownBy(() -> Shard.parse("/no/such-{0..2}.tar"))
        .isInstanceOf(UserException.class)
        .hasMessage("no readable shard: shard=/no/such-0.tar");
  }

  @Test
  void shouldReadTheSameWhenShardComesByPipeFileUrlHttpOrStandardInput() throws Exception {
    Path file = Archives.DATA.resolve("fashion-mnist/fashion-mnist-train-000000.tgz");
    List<String> expected = labels(onePass(Shard.parse(file.toString())));

    assertThat(labels(onePass(Shard.parse("file:" + file)))).isEqualTo(expected);
    assertThat(labels(onePass(Shard.parse("pipe:gunzip -c '" + file + "'")))).isEqualTo(expected);
    assertThat(labels(overHttp(file))).isEqualTo(expected);
    InputStream standardInput = System.in;
    try {
      System.setIn(new ByteArrayInputStream(Files.readAllBytes(file)));
      assertThat(labels(onePass(Shard.parse("-")))).isEqualTo(expected);
    } finally {
      System.setIn(standardInput);
    }
    assertThat(lines).isEmpty();
  }

  private static List<String> labels(List<String> contents) {
    return contents.stream()
        .map(content -> content.replaceFirst("^([^:]*:[^:]*):.*$", "$1"))
        .toList();
  }

  private List<String> overHttp(Path file) throws IOException, InterruptedException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/shard.tgz",
        exchange -> {
          byte[] content = Files.readAllBytes(file);
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content);
          exchange.close();
        });
    server.start();
    try {
      String host = "http://127.0.0.1:" + server.getAddress().getPort();
      assertThatThrownBy(() -> onePass(Shard.parse(host + "/none.tgz")))
          .isInstanceOf(UserException.class)
          .hasMessage("cannot open shard: shard=" + host + "/none.tgz: status 404");
      return onePass(Shard.parse(host + "/shard.tgz"));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void shouldTryAgainAndThenSkipWhenAServerFailsForAWhile() throws Exception {
    byte[] shard =
        Files.readAllBytes(Archives.DATA.resolve("fashion-mnist/fashion-mnist-train-000000.tgz"));
    AtomicInteger failures = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/good", exchange -> answer(exchange, 200, shard));
    server.createContext(
        "/weak", exchange -> answer(exchange, failures.getAndDecrement() > 0 ? 503 : 200, shard));
    server.start();
    try {
      String host = "http://127.0.0.1:" + server.getAddress().getPort();
      ShardSource source =
          new ShardSource(
              Shard.parse(host + "/{good,weak}"),
              ServerPart.ALL,
              null,
              skips,
              Duration.ofMillis(1));
      failures.set(3);
      assertThat(contents(source.openPass(0))).hasSize(2000);
      assertThat(lines).isEmpty();

      failures.set(100);
      assertThat(contents(source.openPass(1))).hasSize(1000);
      assertThat(lines)
          .containsExactly(
              "skipped the rest of shard " + host + "/weak: cannot be opened: status 503");
      assertThatThrownBy(() -> contents(source.openPass(0)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("/weak: status 503");
    } finally {
      server.stop(0);
    }
  }

  private static void answer(HttpExchange exchange, int status, byte[] content) throws IOException {
    exchange.sendResponseHeaders(status, content.length);
    exchange.getResponseBody().write(content);
    exchange.close();
  }

  @Test
  void shouldFindTheFileWhenItsUrlIsEncodedOrNot(@TempDir Path folder) throws Exception {
    Path file = Archives.tar(folder.resolve("a b.tar"), "a.png", "x", "a.cls", "1");
    Files.copy(file, folder.resolve("50%.tar"));
    String encoded = "file://" + folder + "/a%20b.tar";

    for (String name : List.of(encoded, "file:" + file, "file:" + folder + "/50%.tar")) {
      assertThat(onePass(Shard.parse(name))).as(name).hasSize(1);
    }
  }

  @Test
  void shouldNeitherTellNorCountWhenEnding() throws Exception {
    skips.close();

    assertThat(onePass(Shard.parse("pipe:exit 3"))).isEmpty();

    assertThat(lines).isEmpty();
    assertThat(skips.count()).isZero();
  }

  @Test
  void shouldReportTheExitCodeWhenAPipeFails() throws Exception {
    assertThat(onePass(Shard.parse("pipe:exit 3"))).isEmpty();
    assertThat(lines)
        .containsExactly(
            "skipped the rest of shard pipe:exit 3: the command ended with exit code 3");
  }

  @Test
  void shouldFindItsPartWhenKubernetesTells() {
    assertThat(ServerPart.of(2, 3, Map.of())).isEqualTo(new ServerPart(2, 3));
    assertThat(ServerPart.of(null, null, Map.of("HOSTNAME", "x-1"))).isEqualTo(ServerPart.ALL);
    assertThat(ServerPart.of(null, 3, Map.of("HOSTNAME", "shards-1")).index()).isEqualTo(1);
    assertThat(
            ServerPart.of(null, 3, Map.of("HOSTNAME", "x-1", "JOB_COMPLETION_INDEX", "2")).index())
        .isEqualTo(2);
    assertThatThrownBy(() -> ServerPart.of(null, 3, Map.of("HOSTNAME", "laptop")))
        .hasMessageContaining("--shard-count needs --shard-index");
    assertThatThrownBy(() -> ServerPart.of(3, 3, Map.of()))
        .hasMessageContaining("shard index: 3 (expected: 0..2");
    assertThatThrownBy(() -> ServerPart.of(1, null, Map.of())).hasMessageContaining("needs");
  }
}
