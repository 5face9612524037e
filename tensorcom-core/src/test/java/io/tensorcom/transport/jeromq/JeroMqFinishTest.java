// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A receiver that finishes while JeroMQ has messages for it, and gets more. */
@Timeout(120)
final class JeroMqFinishTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int BUDGET = 4 << 20;

  private final TensorPool pool = TensorPool.builder().budgetBytes(BUDGET).checked(true).build();
  private final SocketOptions options = SocketOptions.of(pool).withMaxMessageBytes(BUDGET);
  private final MessageSource source = new JeroMqTransport().openSource(SocketRole.PULL, options);

  @AfterEach
  void close() {
    source.close();
    assertThat(pool.stats().leases()).isZero();
  }

  private Socket pusher() throws IOException {
    TransportAddress address = source.bind(TransportAddress.tcp("127.0.0.1", 0));
    Socket peer = new Socket(address.host(), address.port());
    RawPeer.shakeHands(peer, "PUSH");
    // At times JeroMQ reads nothing of what is sent before its own READY.
    assertThat(RawPeer.readHandshake(peer)).contains("PULL");
    return peer;
  }

  private static byte[] messages(int count, int bytes) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      all.write(2);
      all.writeBytes(ByteBuffer.allocate(8).putLong(bytes).array());
      all.writeBytes(new byte[bytes]);
    }
    return all.toByteArray();
  }

  private static void await(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as(what).isLessThan(SOON.toNanos());
      LockSupport.parkNanos(1_000_000);
    }
  }

  private int takeAll() throws InterruptedException {
    int count = 0;
    while (!source.isClosed()) {
      Message message = source.poll(SOON);
      if (message != null) {
        message.release();
        count++;
      }
    }
    return count;
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 100_000})
  void shouldTakeNoMoreThanJeroMqHadWhenTheSenderGoesOn(int bytes) throws Exception {
    try (Socket peer = pusher()) {
      byte[] some = messages(1 + 100_000 / bytes, bytes);
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(
              () -> {
                try {
                  while (true) {
                    peer.getOutputStream().write(some);
                  }
                } catch (IOException e) {
                  // The receiver has closed the connection.
                }
              });
      // One is offered to the consumer and one waits for that.
      await("messages that came", () -> source.stats().messages() == 2);

      source.finish();

      sending.get(SOON.toSeconds(), TimeUnit.SECONDS);
      // Those two, a queue, one for which it has no room, one half received.
      assertThat(takeAll()).isBetween(2, 4 + options.maxMessagesPerPeer());
      assertThat(source.stats().copies()).as("frames on the heap").isLessThan(20);
    }
  }

  @Test
  void shouldHandOutWhatCameWholeWhenTheNextMessageFindsNoMemory() throws Exception {
    Lease all = pool.lease(BUDGET);
    try (Socket peer = pusher()) {
      ByteArrayOutputStream oneWrite = new ByteArrayOutputStream();
      oneWrite.writeBytes(messages(2, 300));
      oneWrite.writeBytes(messages(1, 2000));
      peer.getOutputStream().write(oneWrite.toByteArray());
      await("waiting for memory", () -> pool.stats().exhaustions() > 0);
      assertThat(source.stats().messages()).as("handed over by the I/O thread").isZero();

      source.finish();

      assertThat(takeAll()).isBetween(2, 3);
    } finally {
      all.release();
    }
  }
}
