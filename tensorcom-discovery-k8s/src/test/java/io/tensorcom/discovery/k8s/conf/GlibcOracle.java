// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;

/**
 * Says which names glibc asks for: a DNS server that denies every name and writes the questions
 * down, and {@code getent}. Runs in a network and mount namespace of its own.
 *
 * <p>Arguments: a file with cases of {@code name|line;line} in resolv.conf's words, and the file to
 * write. For each case it writes one line with the names asked for.
 */
final class GlibcOracle {
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

  private GlibcOracle() {}

  public static void main(String[] args) throws Exception {
    GlibcOracle oracle = new GlibcOracle();
    List<String> answers = new ArrayList<>();
    try (DatagramSocket socket = new DatagramSocket(53, InetAddress.getLoopbackAddress())) {
      Thread server = new Thread(() -> oracle.serve(socket));
      server.setDaemon(true);
      server.start();
      for (String line : Files.readAllLines(Path.of(args[0]))) {
        int bar = line.indexOf('|');
        answers.add(oracle.ask(line.substring(0, bar), line.substring(bar + 1)));
      }
    }
    Files.write(Path.of(args[1]), answers);
    System.exit(0);
  }

  private String ask(String name, String conf) throws IOException, InterruptedException {
    String text = "nameserver 127.0.0.1\n" + conf.replace(';', '\n') + "\n";
    Files.writeString(Path.of("/etc/resolv.conf"), text, StandardCharsets.US_ASCII);
    asked.clear();
    Process getent =
        new ProcessBuilder("getent", "ahostsv4", name)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!getent.waitFor(30, TimeUnit.SECONDS)) {
      throw new IOException("getent does not end");
    }
    return String.join(" ", List.copyOf(asked));
  }

  private void serve(DatagramSocket socket) {
    byte[] buffer = new byte[1500];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        Message message = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
        Record question = message.getQuestion();
        if (question != null) {
          asked.add(question.getName().toString());
          message.getHeader().setFlag(Flags.QR);
          message.getHeader().setRcode(Rcode.NXDOMAIN);
          byte[] answer = message.toWire();
          socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        }
      }
    } catch (IOException e) {
      if (!socket.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
