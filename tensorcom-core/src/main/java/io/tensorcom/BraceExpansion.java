// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brace expansion as in bash and in the Python tensorcom.
 *
 * <p>{@code {0..3}}, {@code {00..03}}, {@code {3..1}}, {@code {0..10..5}}, {@code {a..c}}, {@code
 * {a,b}{1,2}}, nested; {@code {1}} and {@code {}} stay as they are; a backslash takes the next
 * character literally.
 */
public final class BraceExpansion {
  private static final Pattern NUMBERS =
      Pattern.compile("(-?\\d+)\\.\\.(-?\\d+)(?:\\.\\.(-?\\d+))?");
  private static final Pattern LETTERS =
      Pattern.compile("([A-Za-z])\\.\\.([A-Za-z])(?:\\.\\.(-?\\d+))?");
  private static final int MOST = 100_000;

  private final String pattern;
  private int position;

  private BraceExpansion(String pattern) {
    this.pattern = pattern;
  }

  /**
   * {@return all expansions of a pattern, in order}
   *
   * @throws IllegalArgumentException if braces are not balanced, or there are more than 100,000
   *     expansions
   */
  public static List<String> expand(String pattern) {
    BraceExpansion parser = new BraceExpansion(pattern);
    List<String> expansions = parser.sequence(false);
    if (parser.position < pattern.length()) {
      throw new IllegalArgumentException("unbalanced braces: pattern=" + pattern);
    }
    return expansions;
  }

  /** Parses up to the end or, inside braces, up to a comma or the closing brace. */
  private List<String> sequence(boolean inside) {
    List<String> result = List.of("");
    while (position < pattern.length()) {
      char c = pattern.charAt(position);
      if (c == '}' && !inside) {
        return result;
      }
      if (inside && (c == ',' || c == '}')) {
        return result;
      }
      if (c == '{') {
        result = product(result, braces());
      } else {
        if (c == '\\' && position + 1 < pattern.length()) {
          position++;
        }
        result = product(result, List.of(String.valueOf(pattern.charAt(position))));
        position++;
      }
    }
    return result;
  }

  private List<String> braces() {
    int open = position;
    position++;
    List<List<String>> items = new ArrayList<>();
    while (true) {
      items.add(sequence(true));
      if (position >= pattern.length()) {
        throw new IllegalArgumentException("unbalanced braces: pattern=" + pattern);
      }
      if (pattern.charAt(position++) == '}') {
        break;
      }
    }
    if (items.size() > 1) {
      return items.stream().flatMap(List::stream).toList();
    }
    String inner = pattern.substring(open + 1, position - 1);
    List<String> range = range(inner);
    return range != null ? range : items.get(0).stream().map(item -> "{" + item + "}").toList();
  }

  private static @Nullable List<String> range(String inner) {
    Matcher numbers = NUMBERS.matcher(inner);
    if (numbers.matches()) {
      boolean padded = isPadded(numbers.group(1)) || isPadded(numbers.group(2));
      int width = padded ? Math.max(numbers.group(1).length(), numbers.group(2).length()) : 0;
      String format = width > 0 ? "%0" + width + "d" : "%d";
      return count(
          number(numbers.group(1)), number(numbers.group(2)), numbers.group(3), format, false);
    }
    Matcher letters = LETTERS.matcher(inner);
    if (letters.matches()) {
      return count(
          letters.group(1).charAt(0), letters.group(2).charAt(0), letters.group(3), "%c", true);
    }
    return null;
  }

  private static boolean isPadded(String number) {
    return number.matches("-?0\\d+");
  }

  private static long number(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("number too large in braces: number=" + digits, e);
    }
  }

  private static List<String> count(
      long first, long last, String step, String format, boolean letters) {
    long by = step == null ? 1 : Math.max(1, Math.abs(number(step)));
    checkCount((Math.abs(last - first) / by) + 1);
    List<String> items = new ArrayList<>();
    for (long i = 0; i <= Math.abs(last - first); i += by) {
      long value = first <= last ? first + i : first - i;
      Object shown = letters ? (Object) (char) value : (Object) value;
      items.add(String.format(Locale.ROOT, format, shown));
    }
    return items;
  }

  private static List<String> product(List<String> heads, List<String> tails) {
    checkCount((long) heads.size() * tails.size());
    List<String> result = new ArrayList<>(heads.size() * tails.size());
    for (String head : heads) {
      for (String tail : tails) {
        result.add(head + tail);
      }
    }
    return result;
  }

  private static void checkCount(long count) {
    if (count > MOST) {
      throw new IllegalArgumentException(
          "too many expansions: " + count + " (expected: <= " + MOST + ")");
    }
  }
}
