// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.FaultyProcesses.Account;
import io.tensorcom.FaultyProcesses.Came;
import io.tensorcom.FaultyProcesses.Member;
import io.tensorcom.FaultyProcesses.Sent;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Compares what processes wrote down with each other. */
final class ProcessVerdict {
  /** Whether there was a fault between two moments for which a batch may be missing. */
  @FunctionalInterface
  interface Excuse {
    boolean holds(Collection<Member> receivers, Member sender, long from, long to);
  }

  private final Map<Integer, Member> senders;
  private final List<Member> receivers;
  private final boolean published;

  ProcessVerdict(List<Member> all, boolean published) {
    this.senders =
        all.stream()
            .filter(each -> each.sends)
            .collect(Collectors.toMap(m -> m.incarnation, m -> m));
    this.receivers = all.stream().filter(each -> !each.sends).toList();
    this.published = published;
  }

  long sent() {
    return senders.values().stream().mapToLong(each -> each.sent.size()).sum();
  }

  private Sent sent(Came came) {
    Member sender = senders.get(came.incarnation());
    assertThat(sender).as("the sender of %s", came).isNotNull();
    Sent sent = sender.sent.get(came.number());
    assertThat(sent).as("the log was ahead of the wire: %s", came).isNotNull();
    return sent;
  }

  /** Every batch was sent, came unaltered and once; a subscriber has them in order. */
  void assertTrueAndInOrder() {
    Set<List<Long>> anywhere = new HashSet<>();
    for (Member receiver : receivers) {
      Map<Integer, Long> last = new HashMap<>();
      for (Came came : receiver.came) {
        assertThat(came.digest()).as("%s", came).isEqualTo(sent(came).digest());
        if (published) {
          assertThat(last.getOrDefault(came.incarnation(), -1L)).isLessThan(came.number());
          last.put(came.incarnation(), came.number());
        } else {
          assertThat(anywhere.add(List.of((long) came.incarnation(), came.number())))
              .as("%s, once", came)
              .isTrue();
        }
      }
    }
  }

  /** What a receiver says of its streams is what it wrote down batch by batch. */
  void assertAccountsAgree() {
    for (Member receiver : receivers) {
      Map<String, List<Came>> streams =
          receiver.came.stream().collect(Collectors.groupingBy(Came::stream));
      assertThat(receiver.accounts.keySet())
          .as("%s", receiver)
          .isEqualTo(receiver.killed ? Set.of() : streams.keySet());
      receiver.accounts.forEach(
          (stream, account) -> agree(account, Objects.requireNonNull(streams.get(stream))));
    }
  }

  private void agree(Account account, List<Came> came) {
    Member sender = Objects.requireNonNull(senders.get(came.get(0).incarnation()));
    assertThat(came).extracting(Came::incarnation).containsOnly(sender.incarnation);
    assertThat(account.received()).isEqualTo(came.size());
    if (sender.killed) {
      assertThat(account.ended()).as("the end of %s, which was killed", sender).isFalse();
    }
    if (published) {
      long first = came.get(0).number();
      long last = came.get(came.size() - 1).number();
      assertThat(account.missing()).isEqualTo(last - first + 1 - came.size());
      assertThat(account.ended()).as("the end of %s", sender).isEqualTo(!sender.killed);
    }
  }

  /** {@return how many are missing between others that came; each for a reason} */
  long assertLostOnly(Excuse excuse) {
    long lost = 0;
    for (Member sender : senders.values()) {
      for (List<Member> group : published ? each(receivers) : List.of(receivers)) {
        TreeMap<Long, Long> arrived = new TreeMap<>();
        for (Member receiver : group) {
          receiver.came.stream()
              .filter(came -> came.incarnation() == sender.incarnation)
              .forEach(came -> arrived.put(came.number(), came.sentAt()));
        }
        for (long number = arrived.isEmpty() ? 0 : arrived.firstKey();
            !arrived.isEmpty() && number < arrived.lastKey();
            number++) {
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
      }
    }
    return lost;
  }

  private static List<List<Member>> each(List<Member> members) {
    return members.stream().map(List::of).toList();
  }
}
