// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.codec.Encoding;
import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.transport.SlowPeerPolicy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The options of a URL's query: which there are, and what each does to a configuration. */
final class UrlOptions {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmg]?)");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");

  private static final Pattern EXPECTED = Pattern.compile(".*\\(expected: (.*)\\)");

  private static final String PORT = "port";

  private static final Map<String, BiConsumer<TensorcomConfig.Builder, String>> KNOWN =
      new TreeMap<>();

  static {
    KNOWN.put("transport", TensorcomConfig.Builder::transport);
    KNOWN.put("hwm", (config, value) -> config.hwm(Math.toIntExact(size(value))));
    KNOWN.put("pool", (config, value) -> config.poolBytes(size(value)));
    KNOWN.put("max", (config, value) -> config.maxMessageBytes(size(value)));
    KNOWN.put("encoding", (config, value) -> config.encoding(encoding(value)));
    KNOWN.put("slow", (config, value) -> config.slowPeerWait(duration(value)));
    KNOWN.put("timeout", (config, value) -> config.receiveTimeout(duration(value)));
    KNOWN.put("drain", (config, value) -> config.drainTimeout(duration(value)));
    KNOWN.put("discovery", TensorcomConfig.Builder::discovery);
    KNOWN.put("family", (config, value) -> config.family(family(value)));
    KNOWN.put("start", (config, value) -> config.startTimeout(duration(value)));
    // Each URL has its own: see TensorcomUrl.name().
    KNOWN.put(PORT, (config, value) -> {});
    KNOWN.put("extension", (config, value) -> config.tuneStreams(s -> s.withExtension(yes(value))));
    KNOWN.put("checksum", (config, value) -> config.tuneStreams(s -> s.withChecksum(yes(value))));
    KNOWN.put("maxlost", (config, value) -> config.tuneStreams(s -> s.withMaxLost(size(value))));
    KNOWN.put("io", (config, value) -> config.tune(tuning -> tuning.withIo(io(value))));
    KNOWN.put(
        "write",
        (config, value) ->
            config.tune(t -> t.withSizes(Math.toIntExact(size(value)), t.readWindowBytes())));
    KNOWN.put(
        "read",
        (config, value) ->
            config.tune(t -> t.withSizes(t.writePieceBytes(), Math.toIntExact(size(value)))));
    KNOWN.put("policy", (config, value) -> config.tune(t -> t.withSlowPeers(policy(value))));
    KNOWN.put(
        "heartbeat",
        (config, value) ->
            config.tune(
                t -> t.withTimes(duration(value), t.progressTimeout(), t.closeSlowAfter())));
    KNOWN.put(
        "progress",
        (config, value) ->
            config.tune(t -> t.withTimes(t.heartbeat(), duration(value), t.closeSlowAfter())));
    KNOWN.put(
        "closeslow",
        (config, value) ->
            config.tune(t -> t.withTimes(t.heartbeat(), t.progressTimeout(), duration(value))));
  }

  private UrlOptions() {}

  /** Splits a query; every option must be known and be given once. */
  static Map<String, String> parse(String url, String query) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String option : query.split("&", -1)) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      if (!KNOWN.containsKey(name)) {
        throw TensorcomUrl.bad(url, "unknown option " + name, String.join(", ", KNOWN.keySet()));
      }
      if (equals < 0) {
        throw TensorcomUrl.bad(url, "option " + name + " without a value", name + "=VALUE");
      }
      if (options.put(name, option.substring(equals + 1)) != null) {
        throw TensorcomUrl.bad(url, "option " + name + " twice", "each option once");
      }
    }
    return options;
  }

  /** Applies the options of all URLs of one socket to its configuration. */
  static TensorcomConfig apply(TensorcomConfig config, List<TensorcomUrl> urls) {
    TensorcomConfig.Builder builder = config.toBuilder();
    Map<String, String> all = new LinkedHashMap<>();
    for (TensorcomUrl url : urls) {
      url.options()
          .forEach(
              (name, value) -> {
                String before = all.putIfAbsent(name, value);
                if (before != null && !before.equals(value) && !name.equals(PORT)) {
                  throw TensorcomUrl.bad(
                      url.text(), "option " + name + "=" + value, "as in the other URL: " + before);
                }
                if (before == null) {
                  applyOne(builder, url, name, value);
                }
              });
    }
    return builder.build();
  }

  private static void applyOne(
      TensorcomConfig.Builder builder, TensorcomUrl url, String name, String value) {
    try {
      Objects.requireNonNull(KNOWN.get(name)).accept(builder, value);
    } catch (ArithmeticException e) {
      throw TensorcomUrl.bad(url.text(), "option " + name + "=" + value, "a smaller number");
    } catch (IllegalArgumentException e) {
      String message = Objects.requireNonNull(e.getMessage());
      // Of a message that says itself what is expected, that alone.
      Matcher inner = EXPECTED.matcher(message);
      throw TensorcomUrl.bad(
          url.text(), "option " + name + "=" + value, inner.matches() ? inner.group(1) : message);
    }
  }

  private static long size(String value) {
    Matcher matcher = SIZE.matcher(value.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("a number, with k, m or g for powers of 1024");
    }
    int shift =
        switch (matcher.group(2)) {
          case "k" -> 10;
          case "m" -> 20;
          case "g" -> 30;
          default -> 0;
        };
    return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
  }

  private static Duration duration(String value) {
    Matcher matcher = DURATION.matcher(value);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("a number with ms, s or m, for example 100ms");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      default -> Duration.ofMinutes(number);
    };
  }

  private static AddressFamily family(String value) {
    return switch (value) {
      case "auto" -> AddressFamily.AUTO;
      case "ipv4" -> AddressFamily.IPV4;
      case "ipv6" -> AddressFamily.IPV6;
      case "both" -> AddressFamily.BOTH;
      default -> throw new IllegalArgumentException("auto, ipv4, ipv6 or both");
    };
  }

  private static Encoding encoding(String value) {
    return switch (value) {
      case "multipart" -> Encoding.MULTIPART;
      case "single" -> Encoding.SINGLE;
      default -> throw new IllegalArgumentException("multipart or single");
    };
  }

  private static boolean yes(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("true or false");
    };
  }

  private static String io(String value) {
    if (!List.of("auto", "epoll", "nio", "io_uring").contains(value)) {
      throw new IllegalArgumentException("auto, epoll, nio or io_uring");
    }
    return value;
  }

  private static SlowPeerPolicy policy(String value) {
    return switch (value) {
      case "wait" -> SlowPeerPolicy.WAIT;
      case "drop-new" -> SlowPeerPolicy.DROP_NEW;
      case "drop-old" -> SlowPeerPolicy.DROP_OLD;
      case "latest" -> SlowPeerPolicy.LATEST;
      default -> throw new IllegalArgumentException("wait, drop-new, drop-old or latest");
    };
  }
}
