// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.k8s.explain.Outcome;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/**
 * The addresses of one full name: A and AAAA are asked side by side, from different sockets, and
 * judged apart. When one family has addresses the other has a second left. Aliases that a server
 * does not follow are followed here. Confined to one thread.
 */
final class AddressProbe {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final int MAX_ALIASES = 16;

  private final LookContext context;
  private final Name name;
  private final Set<Family> families;
  private final Consumer<Map<Family, Answer>> whenDone;
  private final Map<Family, Answer> answers = new EnumMap<>(Family.class);
  private final Map<Family, QuestionRun> runs = new EnumMap<>(Family.class);
  private DiscoveryThread.@Nullable Timer grace;
  private boolean done;

  AddressProbe(
      LookContext context,
      Name name,
      Set<Family> families,
      Consumer<Map<Family, Answer>> whenDone) {
    this.context = context;
    this.name = name;
    this.families = families;
    this.whenDone = whenDone;
  }

  void start() {
    families.forEach(family -> ask(family, name, Long.MAX_VALUE, 0));
  }

  private void ask(Family family, Name owner, long chainTtl, int depth) {
    QuestionRun run =
        new QuestionRun(
            context,
            owner,
            family.type(),
            answer -> {
              Name alias = answer.alias();
              if (alias == null) {
                settle(family, withTtl(answer, chainTtl));
              } else if (depth + 1 >= MAX_ALIASES) {
                settle(family, Answer.failed(Outcome.LOOP));
              } else {
                ask(family, alias, Math.min(chainTtl, answer.ttl()), depth + 1);
              }
            });
    runs.put(family, run);
    run.start();
  }

  private static Answer withTtl(Answer answer, long chainTtl) {
    long ttl = answer.ttl() < 0 ? answer.ttl() : Math.min(answer.ttl(), chainTtl);
    return new Answer(
        answer.outcome(),
        answer.addresses(),
        answer.services(),
        answer.glue(),
        ttl,
        null,
        answer.degraded());
  }

  private void settle(Family family, Answer answer) {
    answers.put(family, answer);
    if (answers.size() == families.size()) {
      finish();
    } else if (answer.outcome() == Outcome.FOUND) {
      grace = context.thread().schedule(GRACE, this::giveUp);
    }
  }

  private void finish() {
    if (!done) {
      cancel();
      whenDone.accept(answers);
    }
  }

  /** Ends with what there is; what is missing counts as not answered in time. */
  void giveUp() {
    if (!done) {
      runs.forEach(
          (family, run) -> {
            Answer cut = run.giveUp();
            answers.putIfAbsent(
                family,
                cut != null && !cut.addresses().isEmpty() ? cut : Answer.failed(Outcome.TIMEOUT));
          });
      finish();
    }
  }

  /** Stops asking; nobody is told. */
  void cancel() {
    done = true;
    if (grace != null) {
      grace.cancel();
    }
    runs.values().forEach(QuestionRun::cancel);
  }

  /**
   * {@return what the answers of both families say of a name}
   *
   * <p>A family with addresses decides; after that a failure, because it may hide addresses: broken
   * servers deny AAAA of names that have A (RFC 4074).
   */
  static Outcome combined(Map<Family, Answer> answers) {
    return combined(answers.values().stream().map(Answer::outcome).toList());
  }

  static Outcome combined(Collection<Outcome> outcomes) {
    Outcome combined = Outcome.NXDOMAIN;
    for (Outcome outcome : outcomes) {
      if (rank(outcome) > rank(combined)) {
        combined = outcome;
      }
    }
    return combined;
  }

  private static int rank(Outcome outcome) {
    return switch (outcome) {
      case NXDOMAIN -> 0;
      case NODATA -> 1;
      case SERVFAIL -> 2;
      case FOUND -> 4;
      default -> 3;
    };
  }
}
