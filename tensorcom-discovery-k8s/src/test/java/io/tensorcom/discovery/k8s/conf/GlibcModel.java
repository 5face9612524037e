// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.conf;

import java.util.ArrayList;
import java.util.List;

/**
 * The walk of glibc over the search list when every name is denied, step by step as in {@code
 * __res_context_search} of resolv/res_query.c.
 */
final class GlibcModel {
  private GlibcModel() {}

  /**
   * {@return the names in the order they are asked for, each with a trailing dot; some twice}
   *
   * @param search domains as they stand in resolv.conf, {@code .} for the root
   */
  static List<String> asked(String name, List<String> search, int ndots, boolean noTldQuery) {
    List<String> asked = new ArrayList<>();
    boolean trailingDot = name.endsWith(".");
    int dots = (int) name.chars().filter(c -> c == '.').count();
    boolean triedAsIs = false;
    boolean rootOnList = false;
    boolean searched = false;
    if (dots >= ndots || trailingDot) {
      asked.add(trailingDot ? name : name + ".");
      if (trailingDot) {
        return asked;
      }
      triedAsIs = true;
    }
    for (String domain : search) {
      searched = true;
      String bare = domain.startsWith(".") ? domain.substring(1) : domain;
      bare = bare.endsWith(".") ? bare.substring(0, bare.length() - 1) : bare;
      rootOnList |= bare.isEmpty();
      asked.add(bare.isEmpty() ? name + "." : name + "." + bare + ".");
    }
    if ((dots > 0 || !searched || !noTldQuery) && !triedAsIs && !rootOnList) {
      asked.add(name + ".");
    }
    return asked;
  }
}
