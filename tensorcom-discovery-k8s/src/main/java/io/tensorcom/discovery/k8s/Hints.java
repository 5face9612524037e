// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.conf.HostsFile;
import io.tensorcom.discovery.k8s.conf.ResolvConf;
import io.tensorcom.discovery.k8s.explain.Attempt;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.discovery.k8s.look.LookResult;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Says in plain words what usually is the matter. */
final class Hints {
  private static final Path HOSTS = Path.of("/etc/hosts");

  private Hints() {}

  static List<String> of(ServiceName name, ResolvConf conf, LookResult look) {
    List<String> hints = new ArrayList<>(conf.warnings());
    if (look.outcome() == Outcome.TIMEOUT
        || look.outcome() == Outcome.UNREACHABLE
        || any(look, each -> noAnswer(each) && (conf.useTcp() || each.protocol().equals("UDP")))) {
      hints.add(
          "a DNS server did not answer: is "
              + conf.describeServers()
              + " right, and does a network policy let UDP and TCP port 53 through?");
    }
    if (!conf.useTcp()
        && any(look, each -> each.protocol().equals("TCP") && !each.outcome().isDefinite())) {
      hints.add(
          "an answer was too long for UDP and TCP did not get through: allow TCP port 53 as well");
    }
    if (any(look, each -> each.outcome() == Outcome.SERVFAIL)) {
      hints.add("the DNS server failed: while a cluster's DNS starts it answers so, try again");
    }
    if (look.outcome().isEmpty()) {
      notFound(name, look, hints);
    }
    shadowed(name, look, hints);
    return hints;
  }

  private static boolean noAnswer(Attempt attempt) {
    return attempt.outcome() == Outcome.TIMEOUT || attempt.outcome() == Outcome.UNREACHABLE;
  }

  private static boolean any(LookResult look, Predicate<Attempt> condition) {
    return look.attempts().stream().anyMatch(condition);
  }

  private static void notFound(ServiceName name, LookResult look, List<String> hints) {
    if (name.usesServiceRecords()) {
      hints.add(
          "no SRV records: the port of the service needs a name (ports: - name: zmq), and the"
              + " records stand at the service, _zmq._tcp.SERVICE, not at its pods");
    }
    if (look.outcome() == Outcome.NODATA) {
      hints.add("the name exists without such records: it may be a namespace or a part of one");
    }
    hints.add(
        "no ready pods? A headless service lists pods that are ready; for those that are not yet it"
            + " needs publishNotReadyAddresses: true");
    hints.add(
        "spelling? HOSTNAME.SUBDOMAIN needs pods with hostname and subdomain set and a headless"
            + " service named like the subdomain (clusterIP: None); from another namespace add it:"
            + " HOSTNAME.SUBDOMAIN.NAMESPACE");
  }

  private static void shadowed(ServiceName name, LookResult look, List<String> hints) {
    List<String> names = new ArrayList<>();
    names.add(name.host());
    look.candidates().forEach(candidate -> names.add(candidate.toString()));
    for (String each : names) {
      List<InetAddress> addresses = HostsFile.addresses(HOSTS, each);
      if (!addresses.isEmpty()) {
        hints.add(
            HOSTS
                + " gives "
                + each
                + " the address "
                + addresses.get(0).getHostAddress()
                + ", as kubelet does with a pod's own name: programs that use libc or the JVM find"
                + " that one only; here the file is not read");
        return;
      }
    }
  }
}
