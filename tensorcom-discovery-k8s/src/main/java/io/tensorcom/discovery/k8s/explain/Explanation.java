// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.explain;

import io.tensorcom.discovery.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a name was resolved, or why it was not. Immutable.
 *
 * @param name what was looked for
 * @param source which file the configuration is from
 * @param configuration the configuration in force, in one line
 * @param candidates the full names, in the order they are tried
 * @param attempts every query that was answered or failed
 * @param chosen the full name whose records were taken, or null, as when a hosts file knew it
 * @param outcome FOUND, NXDOMAIN or NODATA, or the failure
 * @param ambiguous whether an earlier candidate failed instead of being denied
 * @param degraded whether there may be more endpoints than could be learnt
 * @param endpoints all that were found
 * @param elapsed all together
 * @param hints what usually is the matter, in plain words
 */
public record Explanation(
    String name,
    String source,
    String configuration,
    List<String> candidates,
    List<Attempt> attempts,
    @Nullable String chosen,
    Outcome outcome,
    boolean ambiguous,
    boolean degraded,
    List<Endpoint> endpoints,
    Duration elapsed,
    List<String> hints) {
  private static final int TEXT_ENDPOINTS = 20;

  /** Copies the lists. */
  public Explanation {
    candidates = List.copyOf(candidates);
    attempts = List.copyOf(attempts);
    endpoints = List.copyOf(endpoints);
    hints = List.copyOf(hints);
  }

  /** {@return whether there are endpoints, or it is a fact that there are none} */
  public boolean isDefinite() {
    return outcome == Outcome.FOUND || (outcome.isEmpty() && !ambiguous);
  }

  /** {@return whether another came to the same, however it was found out} */
  public boolean saysTheSameAs(@Nullable Explanation other) {
    return other != null
        && outcome == other.outcome
        && ambiguous == other.ambiguous
        && degraded == other.degraded
        && Objects.equals(chosen, other.chosen)
        && endpoints.equals(other.endpoints);
  }

  /** {@return the verdict in one line} */
  public String summary() {
    String verdict =
        outcome == Outcome.FOUND
            ? count(endpoints.size()) + " from " + (chosen != null ? chosen : "the hosts file")
            : outcome.isEmpty() ? "not found: " + outcome : "no answer: " + outcome;
    boolean kept = outcome != Outcome.FOUND && !endpoints.isEmpty();
    return name
        + ": "
        + verdict
        + (kept ? ", " + count(endpoints.size()) + " kept" : "")
        + (kept && outcome.isEmpty() ? " until it is said twice" : "")
        + (ambiguous && (chosen != null || outcome.isEmpty())
            ? ", AMBIGUOUS: a name tried before failed"
            : "")
        + (degraded ? ", DEGRADED: there may be more" : "")
        + String.format(Locale.ROOT, ", %.1f ms", elapsed.toNanos() / 1e6);
  }

  private static String count(int endpoints) {
    return endpoints + (endpoints == 1 ? " endpoint" : " endpoints");
  }

  /** {@return all of it for people, several lines} */
  public String toText() {
    StringBuilder text = new StringBuilder(summary());
    text.append("\n  ").append(source).append(": ").append(configuration);
    for (String candidate : candidates) {
      text.append("\n  candidate ").append(candidate);
      text.append(candidate.equals(chosen) ? "  <- chosen: the first that has endpoints" : "");
      boolean asked = false;
      for (Attempt attempt : attempts) {
        if (attempt.name().equals(candidate)) {
          asked = true;
          text.append("\n    ").append(attempt.toText());
        }
      }
      text.append(asked ? "" : outcome == Outcome.FOUND ? "  (not needed)" : "  (not asked)");
    }
    attempts.stream()
        .filter(attempt -> !candidates.contains(attempt.name()))
        .forEach(attempt -> text.append("\n  also ").append(attempt.toText()));
    for (int i = 0; i < Math.min(endpoints.size(), TEXT_ENDPOINTS); i++) {
      Endpoint endpoint = endpoints.get(i);
      text.append("\n  endpoint ").append(endpoint).append(' ').append(endpoint.state());
      if (endpoint.priority() != 0 || endpoint.weight() != 0) {
        text.append(" priority ").append(endpoint.priority());
        text.append(" weight ").append(endpoint.weight());
      }
    }
    if (endpoints.size() > TEXT_ENDPOINTS) {
      text.append("\n  and ").append(count(endpoints.size() - TEXT_ENDPOINTS)).append(" more");
    }
    hints.forEach(hint -> text.append("\n  hint: ").append(hint));
    return text.toString();
  }

  /** {@return all of it as one JSON object in one line} */
  public String toJson() {
    return addTo(Json.object());
  }

  /** {@return the same with the member {@code time} before it (ISO 8601, UTC)} */
  public String toJson(Instant time) {
    return addTo(Json.object().text("time", time.toString()));
  }

  private String addTo(Json object) {
    return object
        .text("name", name)
        .text("source", source)
        .text("configuration", configuration)
        .texts("candidates", candidates)
        .objects("attempts", attempts.stream().map(Explanation::json).toList())
        .text("chosen", chosen)
        .text("outcome", outcome.name())
        .bool("ambiguous", ambiguous)
        .bool("degraded", degraded)
        .objects("endpoints", endpoints.stream().map(Explanation::json).toList())
        .number("milliseconds", elapsed.toNanos() / 1e6)
        .texts("hints", hints)
        .toString();
  }

  private static Json json(Attempt attempt) {
    return Json.object()
        .text("name", attempt.name())
        .text("type", attempt.type())
        .text("server", attempt.server())
        .text("protocol", attempt.protocol())
        .text("outcome", attempt.outcome().name())
        .number("milliseconds", attempt.roundTrip().toNanos() / 1e6)
        .number("records", attempt.records())
        .number("ttl", attempt.ttl())
        .text("note", attempt.note());
  }

  private static Json json(Endpoint endpoint) {
    return Json.object()
        .text("address", endpoint.address().getHostAddress())
        .number("port", endpoint.port())
        .number("priority", endpoint.priority())
        .number("weight", endpoint.weight())
        .text("state", endpoint.state().name());
  }
}
