// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.k8s.conf.ResolvConf;
import io.tensorcom.discovery.k8s.explain.Attempt;
import io.tensorcom.discovery.k8s.net.Exchange;
import java.util.function.Consumer;

/**
 * What the questions of one look have in common.
 *
 * @param thread where all of it runs
 * @param trace told of every query when it has ended
 */
record LookContext(
    DiscoveryThread thread,
    Exchange exchange,
    ResolvConf conf,
    ServerBook servers,
    DnsMetrics metrics,
    Consumer<Attempt> trace) {}
