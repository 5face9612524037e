// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.PeerLog.Account;
import io.tensorcom.PeerLog.Came;
import io.tensorcom.PeerLog.Sent;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Compares what processes wrote down with each other. */
final class ProcessVerdict {
  /** Whether there was a fault between two moments for which a batch may be missing. */
  @FunctionalInterface
  interface Excuse {
    boolean holds(Collection<? extends PeerLog> receivers, PeerLog sender, long from, long to);
  }

  private final Map<Integer, PeerLog> senders;
  private final List<PeerLog> receivers;
  private final boolean published;

  ProcessVerdict(List<? extends PeerLog> all, boolean published) {
    this.senders =
        all.stream()
            .filter(each -> each.sends)
            .collect(Collectors.toMap(m -> m.incarnation, m -> m));
    this.receivers = all.stream().filter(each -> !each.sends).collect(Collectors.<PeerLog>toList());
    this.published = published;
  }

  long sent() {
    return senders.values().stream().mapToLong(each -> each.sent.size()).sum();
  }

  private Sent sent(Came came) {
    PeerLog sender = senders.get(came.incarnation());
    assertThat(sender).as("the sender of %s", came).isNotNull();
    Sent sent = sender.sent.get(came.number());
    assertThat(sent).as("came, and was never sent: %s", came).isNotNull();
    return sent;
  }

  /** Every batch was sent, came unaltered and once; a subscriber has them in order. */
  void assertTrueAndInOrder() {
    Set<List<Long>> anywhere = new HashSet<>();
    for (PeerLog receiver : receivers) {
      Map<Integer, Long> last = new HashMap<>();
      Set<List<Long>> here = published ? new HashSet<>() : anywhere;
      for (Came came : receiver.came) {
        assertThat(came.digest()).as("altered: %s", came).isEqualTo(sent(came).digest());
        assertThat(here.add(List.of((long) came.incarnation(), came.number())))
            .as("came twice: %s", came)
            .isTrue();
        if (published) {
          assertThat(last.getOrDefault(came.incarnation(), -1L))
              .as("out of order: %s", came)
              .isLessThan(came.number());
          last.put(came.incarnation(), came.number());
        }
      }
    }
  }

  /** What a receiver says of its streams is what it wrote down batch by batch. */
  void assertAccountsAgree() {
    for (PeerLog receiver : receivers) {
      Map<String, List<Came>> streams =
          receiver.came.stream().collect(Collectors.groupingBy(Came::stream));
      assertThat(receiver.accounts.keySet())
          .as("streams that %s accounts for", receiver)
          .isEqualTo(receiver.killed ? Set.of() : streams.keySet());
      receiver.accounts.forEach(
          (stream, account) ->
              agree(receiver, account, Objects.requireNonNull(streams.get(stream))));
    }
  }

  private void agree(PeerLog receiver, Account account, List<Came> came) {
    PeerLog sender = Objects.requireNonNull(senders.get(came.get(0).incarnation()));
    assertThat(came)
        .as("senders of one stream")
        .extracting(Came::incarnation)
        .containsOnly(sender.incarnation);
    String what = receiver + " of " + sender + ": ";
    assertThat(account.received()).as(what + "received").isEqualTo(came.size());
    if (sender.killed) {
      assertThat(account.ended()).as(what + "told an end, and was killed").isFalse();
    } else if (published) {
      assertThat(account.ended()).as(what + "told the end").isTrue();
    }
    long first = came.stream().mapToLong(Came::number).min().orElseThrow();
    long last = came.stream().mapToLong(Came::number).max().orElseThrow();
    long between = last - first + 1 - came.size();
    long truth = sender.lastSent() - first + 1 - came.size();
    if (!published) {
      // Whether one knows of the tail that others have depends on the language.
      assertThat(account.missing()).as(what + "missing").isBetween(between, truth);
    } else if (account.ended()) {
      assertThat(account.missing()).as(what + "missing, to the end").isEqualTo(truth);
    } else {
      // So many or more: the log may go on behind the last that is known, and never ends before.
      assertThat(account.missing()).as(what + "missing, without the tail").isEqualTo(between);
      assertThat(truth).as(what + "missing in truth").isGreaterThanOrEqualTo(between);
    }
  }

  /** {@return how many are missing between others that came; each for a reason} */
  long assertLostOnly(Excuse excuse) {
    long lost = 0;
    for (PeerLog sender : senders.values()) {
      for (List<PeerLog> group : published ? each(receivers) : List.of(receivers)) {
        TreeMap<Long, Long> arrived = new TreeMap<>();
        for (PeerLog receiver : group) {
          receiver.came.stream()
              .filter(came -> came.incarnation() == sender.incarnation)
              .forEach(came -> arrived.put(came.number(), came.sentAt()));
        }
        if (!arrived.isEmpty()) {
          lost += assertMissingOnly(excuse, sender, group, arrived);
        }
      }
    }
    return lost;
  }

  private long assertMissingOnly(
      Excuse excuse, PeerLog sender, List<PeerLog> group, NavigableMap<Long, Long> arrived) {
    // A subscriber comes late, and is not told the end by who is killed; pullers have all together.
    long first = published ? arrived.firstKey() : 0;
    long last = published || sender.killed ? arrived.lastKey() : sender.lastSent();
    long lost = 0;
    for (long number = first; number <= last; number++) {
      if (!arrived.containsKey(number)) {
        lost++;
        // A subscriber has them in order; what a puller had, it may have kept for long.
        long to = published ? arrived.higherEntry(number).getValue() : Long.MAX_VALUE;
        long from = Objects.requireNonNull(sender.sent.get(number)).at();
        assertThat(excuse.holds(group, sender, from, to))
            .as("%d of %s is missing at %s for no reason", number, sender, group)
            .isTrue();
      }
    }
    return lost;
  }

  private static List<List<PeerLog>> each(List<PeerLog> members) {
    return members.stream().map(List::of).toList();
  }
}
