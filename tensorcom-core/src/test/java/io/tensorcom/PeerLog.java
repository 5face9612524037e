// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.io.IOException;
import java.nio.file.Files;
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
  private final Path log;
  private int lines;

  PeerLog(boolean sends, int side, int incarnation, Path log) {
    this.sends = sends;
    this.side = side;
    this.incarnation = incarnation;
    this.log = log;
  }

  /** Reads on; a line that a killed process did not finish is left out. */
  final void read() throws IOException {
    String text = Files.readString(log);
    List<String> all = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    for (String line : all.subList(lines, all.size())) {
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
      }
    }
    lines = all.size();
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
