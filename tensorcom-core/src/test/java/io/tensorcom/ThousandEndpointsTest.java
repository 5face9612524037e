// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static io.tensorcom.testkit.TestDiscovery.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.Endpoint;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.TestDiscovery;
import io.tensorcom.testkit.VirtualTime;
import io.tensorcom.transport.SendResult;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A receiver of a name with a thousand endpoints: one that streams, 699 of a sender that takes
 * every address of 127/8, 200 that refuse and 100 that say nothing.
 */
@Timeout(120)
final class ThousandEndpointsTest {
  private static final int ALL = 1000;
  private static final int REFUSING = 200;
  private static final int SILENT = 100;
  private static final int OTHERS = REFUSING + SILENT;
  private static final int CROWD = ALL - OTHERS - 1;
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int STREAM = 0;
  private static final int OF_CROWD = 1;

  private final VirtualTime time = new VirtualTime();
  private final TestDiscovery discovery = new TestDiscovery(time);
  private final List<Endpoint> unreachable = new CopyOnWriteArrayList<>();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Map<Integer, Integer> heard = new HashMap<>();
  private final Socket refusing = new Socket();
  private final ServerSocket silent;
  private final long start = System.nanoTime();

  ThousandEndpointsTest() throws IOException {
    silent = new ServerSocket();
  }

  @BeforeEach
  void takePortsOfWhichNobodyTakesCare() throws IOException {
    // Bound but not listening; listening but never accepting.
    refusing.bind(new InetSocketAddress(0));
    silent.bind(new InetSocketAddress(0), 1);
  }

  @AfterEach
  void giveThemBack() throws IOException {
    stopped.set(true);
    refusing.close();
    silent.close();
  }

  private TensorcomConfig config(String transport) {
    return TensorcomConfig.builder()
        .transport(transport)
        .poolBytes(32 << 20)
        .receiveTimeout(SHORT)
        .discovery(discovery)
        .membershipListener(
            new MembershipListener() {
              @Override
              public void endpointUnreachable(Endpoint endpoint, String reason) {
                unreachable.add(endpoint);
              }
            })
        .build();
  }

  private static Endpoint bound(TensorSender sender, String address) {
    String place = sender.boundEndpoints().get(0);
    return at(address, Integer.parseInt(place.substring(place.lastIndexOf(':') + 1)));
  }

  private List<Endpoint> endpoints(TensorSender first, TensorSender crowd) {
    List<Endpoint> all = new ArrayList<>();
    all.add(bound(first, "127.0.2.1"));
    for (int i = 1; i < ALL; i++) {
      String address = "127.3." + i / 250 + "." + (i % 250 + 1);
      int nobody = i <= CROWD + REFUSING ? refusing.getLocalPort() : silent.getLocalPort();
      all.add(i <= CROWD ? bound(crowd, address) : at(address, nobody));
    }
    return all;
  }

  private boolean isOther(Endpoint endpoint) {
    return endpoint.port() == refusing.getLocalPort() || endpoint.port() == silent.getLocalPort();
  }

  private static SendResult send(TensorSender sender, int from, int number, Duration timeout)
      throws InterruptedException {
    try (TensorBatch batch =
        TensorBatch.of(Tensor.copyOf(sender.pool(), DType.INT32, new int[] {from, number}, 2))) {
      return sender.send(batch, timeout);
    }
  }

  private Thread stream(TensorSender sender) {
    Thread thread =
        new Thread(
            () -> {
              try {
                for (int i = 0; !stopped.get(); ) {
                  i += send(sender, STREAM, i, SHORT) == SendResult.SENT ? 1 : 0;
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.start();
    return thread;
  }

  /** Receives one batch, if one comes; those of the stream must come in order. */
  private void hear(TensorReceiver receiver) throws InterruptedException {
    assertThat(System.nanoTime() - start)
        .as("heard %s, %s", heard, receiver.stats())
        .isLessThan(SOON.toNanos());
    try (TensorBatch batch = receiver.poll(SHORT)) {
      if (batch != null) {
        int from = batch.get(0).data().getInt(0);
        int count = heard.merge(from, 1, Integer::sum);
        if (from == STREAM) {
          assertThat(batch.get(0).data().getInt(4)).isEqualTo(count - 1);
        }
      }
    }
  }

  /** Lets the crowd's sender use each of its connections twice. */
  private void hearTheCrowd(TensorReceiver receiver, TensorSender crowd)
      throws InterruptedException {
    for (int i = 0; i < 2 * CROWD; i++) {
      assertThat(send(crowd, OF_CROWD, i, SOON)).isEqualTo(SendResult.SENT);
      hear(receiver);
    }
    while (heard.getOrDefault(OF_CROWD, 0) < 2 * CROWD) {
      hear(receiver);
    }
  }

  private int heardOfStream() {
    return heard.getOrDefault(STREAM, 0);
  }

  private static int openFiles() {
    return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty", "jeromq"})
  void shouldConnectThoseThatAcceptAndReportTheOthersWhenAThousandStandBehindOneName(
      String transport) throws Exception {
    TensorcomConfig config = config(transport);
    try (TensorSender first = TensorSender.open(config, "zrpush://127.0.2.1:0");
        TensorSender crowd = TensorSender.open(config, "zrpush://*:0");
        TensorReceiver receiver = TensorReceiver.open(config, "zrpull://shards:1")) {
      List<Endpoint> all = endpoints(first, crowd);
      Thread streaming = stream(first);
      int files = openFiles();
      int threads = Thread.activeCount();
      long begin = System.nanoTime();

      discovery.set("shards", all);
      time.run();
      MembershipStats wanted = new MembershipStats(ALL, CROWD + 1, ALL, 0, OTHERS, 0);
      while (!receiver.stats().membership().equals(wanted) || heardOfStream() < 100) {
        hear(receiver);
      }
      System.out.printf(
          "%s: %d endpoints in %.1f s, %d files at both ends, %d threads; %d batches meanwhile%n",
          transport,
          ALL,
          (System.nanoTime() - begin) / 1e9,
          openFiles() - files,
          Thread.activeCount() - threads,
          heardOfStream());
      assertThat(Thread.activeCount() - threads).as("threads do not grow").isLessThan(5);

      if (transport.equals("netty")) {
        // JeroMQ may lose what it gives to a connection that it has forgotten.
        hearTheCrowd(receiver, crowd);
      }

      int before = heardOfStream();
      all.set(1, at("127.4.0.1", all.get(1).port()));
      discovery.set("shards", all);
      time.run();
      wanted = new MembershipStats(ALL, CROWD + 1, ALL + 1, 1, OTHERS, 0);
      while (!receiver.stats().membership().equals(wanted) || heardOfStream() < before + 100) {
        hear(receiver);
      }
      // Only those: on a busy machine one of the crowd may have been late.
      assertThat(unreachable.stream().filter(this::isOther))
          .as("each is told once")
          .hasSize(OTHERS)
          .doesNotHaveDuplicates();
      assertThat(discovery.unreachable()).containsAll(all.subList(CROWD + 1, ALL));
      stopped.set(true);
      streaming.join();
    }
  }
}
