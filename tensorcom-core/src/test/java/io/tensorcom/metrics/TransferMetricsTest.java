// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TransferMetricsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int BATCHES = 5;
  private static final int BYTES = 1000;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private double counter(String name, String... tags) {
    return registry.get(name).tags(tags).functionCounter().count();
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private Set<String> peers() {
    return registry.getMeters().stream()
        .map(meter -> meter.getId().getTag("peer"))
        .filter(peer -> peer != null)
        .collect(Collectors.toSet());
  }

  private static void move(TensorSender sender, TensorReceiver receiver)
      throws InterruptedException {
    for (int i = 0; i < BATCHES; i++) {
      try (TensorBatch batch =
          TensorBatch.of(Tensor.copyOf(sender.pool(), DType.UINT8, new byte[BYTES], BYTES))) {
        assertThat(sender.send(batch, PATIENCE)).isEqualTo(SendResult.SENT);
      }
      receiver.receive().close();
    }
  }

  @Test
  void shouldCountWhatBothSidesMovedWhenBatchesAreSent() throws InterruptedException {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s");
        TensorReceiver receiver =
            TensorReceiver.open(sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
        TransferMetrics sent = TransferMetrics.of("images", sender);
        TransferMetrics received = TransferMetrics.of("train", receiver)) {
      sent.bindTo(registry);
      received.bindTo(registry);
      move(sender, receiver);
      sent.refresh();
      received.refresh();

      String address = sender.boundEndpoints().get(0);
      String[] receiving = {"socket", "train", "role", "receiver"};
      assertThat(counter("tensorcom.batches", "socket", "images", "role", "sender"))
          .isEqualTo(BATCHES);
      assertThat(counter("tensorcom.batches", receiving)).isEqualTo(BATCHES);
      assertThat(counter("tensorcom.data", receiving)).isEqualTo(BATCHES * BYTES);
      assertThat(counter("tensorcom.stall", receiving)).isPositive();
      assertThat(gauge("tensorcom.peers", receiving)).isEqualTo(1);
      assertThat(gauge("tensorcom.pool.budget", receiving))
          .isEqualTo((double) receiver.pool().budgetBytes());
      assertThat(gauge("tensorcom.streams", receiving)).isEqualTo(1);
      assertThat(gauge("tensorcom.latency", "quantile", "0.99")).isPositive();
      assertThat(gauge("tensorcom.missing", "means", "elsewhere_or_lost")).isZero();
      assertThat(counter("tensorcom.peer.batches", "role", "receiver", "peer", address))
          .isEqualTo(BATCHES);
      awaitWritten(sent);
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void shouldGoOnCountingWhenGarbageIsCollected() throws InterruptedException {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s");
        TensorReceiver receiver =
            TensorReceiver.open(sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
        TransferMetrics metrics = TransferMetrics.of("train", receiver)) {
      metrics.bindTo(registry);
      move(sender, receiver);
      metrics.refresh();
      collectGarbage();
      move(sender, receiver);
      metrics.refresh();

      assertThat(counter("tensorcom.batches")).isEqualTo(2 * BATCHES);
      assertThat(counter("tensorcom.peer.batches")).isEqualTo(2 * BATCHES);
      assertThat(gauge("tensorcom.peers")).isEqualTo(1);
    }
  }

  private static void collectGarbage() {
    WeakReference<Object> garbage = new WeakReference<>(new Object());
    while (garbage.get() != null) {
      System.gc();
    }
  }

  @Test
  void shouldRemoveTheMetersOfAPeerWhenItGoes() throws InterruptedException {
    try (TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0");
        TransferMetrics metrics = TransferMetrics.of("train", receiver)) {
      metrics.bindTo(registry);
      int before = registry.getMeters().size();
      assertThat(peers()).isEmpty();
      String url = receiver.boundEndpoints().get(0).replace("tcp", "zpush");
      try (TensorSender sender = TensorSender.open(url)) {
        move(sender, receiver);
        metrics.refresh();
        assertThat(peers()).containsExactly("tcp://127.0.0.1");
      }
      awaitPeers(metrics, 0);

      assertThat(registry.getMeters()).hasSize(before);
    }
  }

  /** The sender learns a moment after the receiver that the last batch was written. */
  private void awaitWritten(TransferMetrics sent) throws InterruptedException {
    awaitTrue(
        sent,
        () ->
            counter("tensorcom.peer.data", "role", "sender", "peer", "tcp://127.0.0.1")
                > BATCHES * BYTES);
  }

  private void awaitPeers(TransferMetrics metrics, int count) throws InterruptedException {
    awaitTrue(metrics, () -> peers().size() == count);
  }

  /** Polls: meters tell nobody when they change. */
  private static void awaitTrue(TransferMetrics metrics, BooleanSupplier condition)
      throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - start).isLessThan(PATIENCE.toNanos());
      Thread.sleep(5);
      metrics.refresh();
    }
  }

  @Test
  void shouldListNoMorePeersThanAllowedWhenMoreAreConnected() throws InterruptedException {
    try (TensorSender one = TensorSender.open("zrpush://127.0.0.1:0");
        TensorSender other = TensorSender.open("zrpush://127.0.0.1:0");
        TensorReceiver receiver =
            TensorReceiver.open(
                one.boundEndpoints().get(0).replace("tcp", "zrpull"),
                other.boundEndpoints().get(0).replace("tcp", "zrpull"));
        TransferMetrics metrics = TransferMetrics.of("train", receiver, 1)) {
      metrics.bindTo(registry);
      assertThat(receiver.awaitPeers(2, PATIENCE)).isTrue();
      metrics.refresh();

      assertThat(peers()).hasSize(1);
      assertThat(gauge("tensorcom.peers.unlisted")).isEqualTo(1);
    }
  }

  @Test
  void shouldCountByReasonWhenAConnectionIsRefused() throws IOException, InterruptedException {
    try (TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0");
        TransferMetrics metrics = TransferMetrics.of("train", receiver)) {
      metrics.bindTo(registry);
      String endpoint = receiver.boundEndpoints().get(0);
      int port = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        socket.getInputStream().readAllBytes();
      }
      awaitTrue(metrics, () -> !receiver.stats().socket().closed().isEmpty());
      metrics.refresh();

      assertThat(counter("tensorcom.handshake.failures")).isEqualTo(1);
      assertThat(counter("tensorcom.connections.closed", "reason", "not_zmtp")).isEqualTo(1);
      assertThat(registry.find("tensorcom.connections.closed").tag("reason", "handshake").meter())
          .isNull();
    }
  }

  @Test
  void shouldReadAgainWhenAMeterIsReadLater() throws InterruptedException {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s");
        TensorReceiver receiver =
            TensorReceiver.open(sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
        TransferMetrics metrics = TransferMetrics.of("train", receiver)) {
      metrics.bindTo(registry);
      move(sender, receiver);
      long start = System.nanoTime();
      while (counter("tensorcom.batches") < BATCHES || peers().isEmpty()) {
        assertThat(System.nanoTime() - start).isLessThan(PATIENCE.toNanos());
        Thread.sleep(5);
      }
    }
  }

  @Test
  void shouldDescribeEveryMeterWhenBound() {
    try (TensorSender sender = TensorSender.open("zpub://127.0.0.1:0");
        TransferMetrics metrics = TransferMetrics.of("images", sender)) {
      metrics.bindTo(registry);

      assertThat(registry.getMeters()).hasSizeGreaterThan(20);
      assertThat(registry.getMeters())
          .map(Meter::getId)
          .allSatisfy(
              id -> {
                assertThat(id.getName()).startsWith("tensorcom.");
                assertThat(id.getDescription()).isNotBlank();
                assertThat(id.getTag("role")).isEqualTo("sender");
              });
    }
  }

  @Test
  void shouldRefuseToBindWhenClosed() {
    try (TensorSender sender = TensorSender.open("zpub://127.0.0.1:0")) {
      TransferMetrics metrics = TransferMetrics.of("images", sender);
      metrics.close();
      metrics.close();

      assertThatThrownBy(() -> metrics.bindTo(registry))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("metrics are closed");
    }
  }
}
