// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.discovery;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.Discoveries;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.discovery.ServiceName;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * Times complete looks at a name with many addresses, the same answers asked for by a bare TCP
 * connection, and how exactly a deadline is kept when no server answers.
 *
 * <p>Arguments: {@code PORT NAME ROUNDS}; a DNS server listens on 127.0.0.1 at that port.
 */
public final class LookTimes {
  private static final Duration DEADLINE = Duration.ofMillis(300);
  private static final int A = 1;
  private static final int AAAA = 28;

  private LookTimes() {}

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    int rounds = Integer.parseInt(args[2]);
    double[] looks = new double[rounds];
    double[] bare = new double[rounds];
    int found = 0;
    for (int i = -rounds; i < rounds; i++) {
      long start = System.nanoTime();
      bareQuestion(port, args[1], A);
      bareQuestion(port, args[1], AAAA);
      long middle = System.nanoTime();
      Look look = Look.at(port, args[1], Duration.ofSeconds(5));
      found = look.endpoints();
      if (i >= 0) {
        bare[i] = (middle - start) / 1e6;
        looks[i] = look.millis();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%d endpoints: look %.1f ms, bare questions %.1f ms, ratio %.2f (medians of %d)%n",
        found,
        median(looks),
        median(bare),
        median(looks) / median(bare),
        rounds);
    System.out.printf(
        Locale.ROOT,
        "deadline of 300 ms kept: %.1f ms late (median of %d)%n",
        late(rounds),
        rounds);
  }

  private static double late(int rounds) throws IOException {
    double[] late = new double[rounds];
    try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      for (int i = -3; i < rounds; i++) {
        Look look = Look.at(silent.getLocalPort(), "nobody.", DEADLINE);
        if (look.endpoints() >= 0) {
          throw new IllegalStateException("a silent server answered");
        }
        if (i >= 0) {
          late[i] = look.millis() - DEADLINE.toMillis();
        }
      }
    }
    return median(late);
  }

  /** What one look found, -1 for an error, and how long that took. */
  private record Look(int endpoints, double millis) {
    static Look at(int port, String name, Duration deadline) throws IOException {
      Path conf = Files.writeString(Files.createTempFile("resolv", ".conf"), "options ndots:5\n");
      String choice = "dns:server=127.0.0.1:" + port + ",resolv-conf=" + conf;
      CompletableFuture<Integer> found = new CompletableFuture<>();
      EndpointListener listener =
          new EndpointListener() {
            @Override
            public void onSnapshot(EndpointSnapshot snapshot) {
              found.complete(snapshot.endpoints().size());
            }

            @Override
            public void onError(DiscoveryException failure) {
              found.complete(-1);
            }
          };
      try (ServiceDiscovery discovery = Discoveries.open(choice, AddressFamily.AUTO)) {
        long start = System.nanoTime();
        discovery.watch(ServiceName.of(name, 7880), deadline, listener);
        int endpoints = found.join();
        return new Look(endpoints, (System.nanoTime() - start) / 1e6);
      } finally {
        Files.delete(conf);
      }
    }
  }

  /** A question without EDNS over a connection of its own (RFC 1035, sections 4.1 and 4.2.2). */
  private static void bareQuestion(int port, String name, int type) throws IOException {
    ByteBuffer question = ByteBuffer.allocate(512).position(2);
    question.putShort((short) 1).putShort((short) 0x0100).putShort((short) 1).position(14);
    for (String label : Arrays.asList(name.replaceAll("\\.$", "").split("\\."))) {
      question.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
    }
    question.put((byte) 0).putShort((short) type).putShort((short) 1);
    question.putShort(0, (short) (question.position() - 2));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      new DataOutputStream(socket.getOutputStream())
          .write(question.array(), 0, question.position());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      in.readFully(new byte[in.readUnsignedShort()]);
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
