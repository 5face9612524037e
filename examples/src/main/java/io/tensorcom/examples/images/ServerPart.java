// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.examples.cli.UserException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which part of the samples a server serves. Immutable.
 *
 * @param index of this server, from 0
 * @param count of all servers
 */
public record ServerPart(int index, int count) {
  private static final Pattern ORDINAL = Pattern.compile(".*-(\\d{1,9})");

  /** Everything: one server. */
  public static final ServerPart ALL = new ServerPart(0, 1);

  /** Checks ranges. */
  public ServerPart {
    if (count < 1 || index < 0 || index >= count) {
      throw new UserException(
          "shard index: " + index + " (expected: 0.." + (count - 1) + " of --shard-count)");
    }
  }

  /**
   * Completes what the command line says from what Kubernetes says: {@code JOB_COMPLETION_INDEX} of
   * an indexed job, or the ordinal at the end of a StatefulSet pod's host name.
   *
   * @throws UserException if there are several servers and nothing tells which one this is
   */
  public static ServerPart of(
      @Nullable Integer index, @Nullable Integer count, Map<String, String> environment) {
    if (count == null) {
      if (index != null) {
        throw new UserException("--shard-index needs --shard-count");
      }
      return ALL;
    }
    if (index != null) {
      return new ServerPart(index, count);
    }
    String job = environment.get("JOB_COMPLETION_INDEX");
    Matcher ordinal = ORDINAL.matcher(environment.getOrDefault("HOSTNAME", ""));
    try {
      if (job != null) {
        return new ServerPart(Integer.parseInt(job), count);
      }
      if (ordinal.matches()) {
        return new ServerPart(Integer.parseInt(ordinal.group(1)), count);
      }
    } catch (NumberFormatException e) {
      throw new UserException("JOB_COMPLETION_INDEX is not a number: " + job, e);
    }
    throw new UserException(
        "--shard-count needs --shard-index, JOB_COMPLETION_INDEX or a host name like name-3");
  }
}
