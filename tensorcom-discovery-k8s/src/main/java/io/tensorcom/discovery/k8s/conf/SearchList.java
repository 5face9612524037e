// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import java.util.ArrayList;
import java.util.List;
import org.xbill.DNS.Name;
import org.xbill.DNS.TextParseException;

/**
 * The names that libc tries for one name, in its order.
 *
 * <p>A name with a trailing dot is tried alone. Else, a name with at least ndots dots is tried as
 * it stands before the search list, any other after it (musl: a name with enough dots is not
 * searched for). No name is tried twice, and one that is too long is passed over. Source: glibc,
 * resolv/res_query.c; musl, src/network/lookup_name.c.
 */
public final class SearchList {
  /** Whose rules are followed. */
  public enum Libc {
    /** The GNU C library; a name that exists without addresses does not end the search. */
    GLIBC,
    /** musl, as in Alpine; a name that exists ends the search. */
    MUSL
  }

  private SearchList() {}

  /**
   * {@return full names, in the order they are tried; empty if every one is too long}
   *
   * @throws IllegalArgumentException if the name cannot be one
   */
  public static List<Name> candidates(String name, ResolvConf conf, Libc libc) {
    Name asItStands = parse(name);
    if (name.endsWith(".")) {
      return List.of(asItStands);
    }
    long dots = name.chars().filter(c -> c == '.').count();
    boolean first = dots >= conf.ndots();
    List<Name> names = new ArrayList<>();
    if (first) {
      names.add(asItStands);
    }
    if (!first || libc == Libc.GLIBC) {
      boolean rootListed = false;
      for (String domain : conf.search()) {
        rootListed |= domain.isEmpty();
        if (!first || !domain.isEmpty()) {
          addIfItFits(names, name, domain);
        }
      }
      boolean wanted = dots > 0 || conf.search().isEmpty() || !conf.noTopLevel();
      if (!first && !rootListed && wanted) {
        names.add(asItStands);
      }
    }
    return names.stream().distinct().toList();
  }

  /**
   * Checks that a name can be one at all.
   *
   * @throws IllegalArgumentException if not; the message says why
   */
  public static void check(String name) {
    Name unused = parse(name);
  }

  private static void addIfItFits(List<Name> names, String name, String domain) {
    try {
      names.add(Name.fromString(domain.isEmpty() ? name + "." : name + "." + domain + "."));
    } catch (TextParseException e) {
      // Too long with this domain, or the domain is no name: libc's users lose nothing by going on.
    }
  }

  private static Name parse(String name) {
    try {
      return Name.fromString(name.endsWith(".") ? name : name + ".");
    } catch (TextParseException e) {
      throw new IllegalArgumentException(
          "bad name: " + name + " (expected: labels of 1..63 bytes, 253 bytes in all)", e);
    }
  }
}
