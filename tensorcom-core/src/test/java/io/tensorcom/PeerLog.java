// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What one process of {@link FaultyPeer}, or its like in Python, wrote down, as far as read. */
class PeerLog {
  /** A line of a sender. */
  record Sent(String digest, long at) {}

  /** A line of a receiver. */
  record Came(String stream, int incarnation, long number, String digest, long sentAt) {}

  /** What a receiver said at its end. */
  record Account(long received, long missing, boolean ended) {}

  final boolean sends;
  final int side;
  final int incarnation;
  final Map<Long, Sent> sent = new HashMap<>();
  final List<Came> came = new ArrayList<>();
  final Map<String, Account> accounts = new HashMap<>();
  boolean killed;
  private final Map<Integer, Long> newest = new HashMap<>();
  private final Path log;
  private long at;

  PeerLog(boolean sends, int side, int incarnation, Path log) {
    this.sends = sends;
    this.side = side;
    this.incarnation = incarnation;
    this.log = log;
  }

  /** Reads on; a line that a killed process did not finish is left out. */
  final void read() throws IOException {
    byte[] news;
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      file.seek(at);
      news = new byte[Math.toIntExact(file.length() - at)];
      file.readFully(news);
    }
    String text = new String(news, StandardCharsets.US_ASCII);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    at += whole.length();
    for (String line : whole.lines().toList()) {
      String[] words = line.split(" ", -1);
      if (sends) {
        sent.put(Long.valueOf(words[0]), new Sent(words[1], Long.parseLong(words[2])));
      } else if (words[0].equals("report")) {
        long received = Long.parseLong(words[2]);
        long missing = Long.parseLong(words[3]);
        accounts.put(words[1], new Account(received, missing, Boolean.parseBoolean(words[4])));
      } else {
        int incarnationOfSender = Integer.parseInt(words[1]);
        long number = Long.parseLong(words[2]);
        long sentAt = Long.parseLong(words[4]);
        came.add(new Came(words[0], incarnationOfSender, number, words[3], sentAt));
        newest.put(incarnationOfSender, sentAt);
      }
    }
  }

  /** {@return whether the last that came of a sender, as far as read, was sent after a moment} */
  final boolean heard(int sender, long since) {
    return newest.getOrDefault(sender, since) > since;
  }

  /** {@return the number of the last batch that was written down before it was sent, or -1} */
  final long lastSent() {
    return sent.keySet().stream().mapToLong(each -> each).max().orElse(-1);
  }

  @Override
  public String toString() {
    String language = side == 0 ? "Java" : "Python";
    return "%s %s %d".formatted(language, sends ? "sender" : "receiver", incarnation);
  }
}
