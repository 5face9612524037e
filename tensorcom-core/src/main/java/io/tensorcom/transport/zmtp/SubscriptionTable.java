// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one subscriber asked for: prefixes of the first frame, counted as RFC 29 says. */
final class SubscriptionTable {
  private static final class Entry {
    private final byte[] prefix;
    private int count = 1;

    Entry(byte[] prefix) {
      this.prefix = prefix;
    }
  }

  private final List<Entry> entries = new ArrayList<>();

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Adds a subscription; the topic is what remains of the buffer. */
  void add(ByteBuffer topic) throws ProtocolException {
    if (topic.remaining() > Limits.TOPIC_BYTES) {
      throw new ProtocolException(
          Refusal.SUBSCRIPTIONS, "topic of " + topic.remaining() + " bytes");
    }
    byte[] prefix = bytes(topic);
    Entry entry = find(prefix);
    if (entry != null) {
      entry.count = Math.max(entry.count, entry.count + 1);
      return;
    }
    if (entries.size() >= Limits.SUBSCRIPTIONS) {
      throw new ProtocolException(
          Refusal.SUBSCRIPTIONS, "more than " + Limits.SUBSCRIPTIONS + " subscriptions");
    }
    entries.add(new Entry(prefix));
  }

  /** Takes one subscription back; one that was never made is ignored. */
  void cancel(ByteBuffer topic) {
    Entry entry = find(bytes(topic));
    if (entry != null && --entry.count == 0) {
      entries.remove(entry);
    }
  }

  /** {@return whether a message that begins with these bytes was asked for} */
  boolean matches(byte[] start, int length) {
    for (Entry entry : entries) {
      int wanted = entry.prefix.length;
      if (wanted <= length && Arrays.equals(entry.prefix, 0, wanted, start, 0, wanted)) {
        return true;
      }
    }
    return false;
  }

  private @Nullable Entry find(byte[] prefix) {
    for (Entry entry : entries) {
      if (Arrays.equals(entry.prefix, prefix)) {
        return entry;
      }
    }
    return null;
  }

  private static byte[] bytes(ByteBuffer topic) {
    byte[] bytes = new byte[topic.remaining()];
    topic.duplicate().get(bytes);
    return bytes;
  }
}
