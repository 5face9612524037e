// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.k8s;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the network policies of one namespace let through, as far as ours use them: peers by their
 * labels. Immutable.
 */
final class Policies {
  static final String HERE = "here";

  /**
   * An end of a connection.
   *
   * @param labels of a pod; null for what is no pod
   * @param namespace that it is in; that of the policies is {@link #HERE}
   * @param ports that have names
   */
  record End(@Nullable Map<String, String> labels, String namespace, List<ContainerPort> ports) {
    boolean isHere() {
      return namespace.equals(HERE);
    }
  }

  private record Rule(List<NetworkPolicyPeer> peers, List<NetworkPolicyPort> ports) {}

  private final List<NetworkPolicy> policies;

  Policies(List<NetworkPolicy> policies) {
    this.policies = List.copyOf(policies);
  }

  /** {@return whether one end may connect to a port of the other} */
  boolean allow(End from, End to, String protocol, int port) {
    return allow(from, to, to, protocol, port, "Egress", Policies::egress)
        && allow(to, from, to, protocol, port, "Ingress", Policies::ingress);
  }

  private static Stream<Rule> egress(NetworkPolicy policy) {
    return policy.getSpec().getEgress().stream().map(r -> new Rule(r.getTo(), r.getPorts()));
  }

  private static Stream<Rule> ingress(NetworkPolicy policy) {
    return policy.getSpec().getIngress().stream().map(r -> new Rule(r.getFrom(), r.getPorts()));
  }

  private boolean allow(
      End selected,
      End peer,
      End server,
      String protocol,
      int port,
      String type,
      Function<NetworkPolicy, Stream<Rule>> rules) {
    Map<String, String> labels = selected.labels;
    if (labels == null || !selected.isHere()) {
      return true;
    }
    List<NetworkPolicy> own =
        policies.stream()
            .filter(each -> each.getSpec().getPolicyTypes().contains(type))
            .filter(each -> selects(each.getSpec().getPodSelector(), labels))
            .toList();
    return own.isEmpty()
        || own.stream()
            .flatMap(rules)
            .anyMatch(rule -> isPeer(rule, peer) && isPort(rule, server, protocol, port));
  }

  private static boolean isPeer(Rule rule, End peer) {
    return rule.peers.isEmpty() || rule.peers.stream().anyMatch(each -> isPeer(each, peer));
  }

  private static boolean isPeer(NetworkPolicyPeer wanted, End peer) {
    if (wanted.getIpBlock() != null) {
      throw new IllegalArgumentException("addresses are not known here: " + wanted);
    }
    boolean pods =
        peer.labels != null
            && (wanted.getPodSelector() == null || selects(wanted.getPodSelector(), peer.labels));
    LabelSelector namespaces = wanted.getNamespaceSelector();
    // Without a selector of namespaces it is this one. Each has its name as a label.
    return pods
        && (namespaces == null
            ? peer.isHere()
            : selects(namespaces, Map.of("kubernetes.io/metadata.name", peer.namespace)));
  }

  private static boolean isPort(Rule rule, End server, String protocol, int port) {
    return rule.ports.isEmpty()
        || rule.ports.stream()
            .filter(each -> each.getProtocol().equals(protocol))
            .anyMatch(
                each ->
                    each.getPort().getStrVal() == null
                        ? each.getPort().getIntVal() == port
                        : server.ports.stream()
                            .filter(named -> each.getPort().getStrVal().equals(named.getName()))
                            .anyMatch(named -> named.getContainerPort() == port));
  }

  private static boolean selects(LabelSelector selector, Map<String, String> labels) {
    return labels.entrySet().containsAll(selector.getMatchLabels().entrySet())
        && selector.getMatchExpressions().stream().allMatch(each -> isIn(each, labels));
  }

  private static boolean isIn(LabelSelectorRequirement wanted, Map<String, String> labels) {
    if (!wanted.getOperator().equals("In")) {
      throw new IllegalArgumentException("not known here: " + wanted);
    }
    return wanted.getValues().contains(labels.get(wanted.getKey()));
  }
}
