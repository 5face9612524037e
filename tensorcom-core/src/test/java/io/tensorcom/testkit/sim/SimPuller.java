// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import io.tensorcom.stream.ConnectedSenders;
import io.tensorcom.stream.EndNotice;
import io.tensorcom.stream.StreamLedger;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.zmtp.SourceCore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A receiver of a {@link PushPullScenario}, and what it has heard. */
final class SimPuller {
  static final int POOL = 2 * 131_072;

  final SourceCore core;
  final TensorPool pool;
  final StreamLedger ledger;
  final SimIntake intake;
  final Map<String, Integer> latest = new HashMap<>();
  final Map<String, EndNotice> ends = new HashMap<>();
  final Set<Long> heardOut = new HashSet<>();

  SimPuller(SimWorld world, int mostBytes) {
    ledger =
        new StreamLedger(StreamStats.Missing.ELSEWHERE_OR_LOST, world::nanoTime, world::nanoTime);
    // The smaller one has room for one large message and little else.
    pool = TensorPool.ofBudget(world.random().nextBoolean() ? POOL : 5 * 32_768);
    core =
        new SourceCore(
            SocketRole.PULL, SocketOptions.of(pool).withMaxMessageBytes(mostBytes), world);
    intake = new SimIntake(core, ledger, pool);
  }

  boolean heard(SimPusher sender) {
    return ledger.report().streams().containsKey((long) sender.id);
  }

  /** As a receiver tells it to who reads epochs. */
  private ConnectedSenders senders() {
    Set<String> connected =
        core.peerStats().stream().map(PeerStats::peer).collect(Collectors.toSet());
    return new ConnectedSenders(
        true, connected, core.waitingPeers(), 1, core.peersThatTellEnds(), core.queuedPeers());
  }

  /** {@return how far the senders are when so many ends of each stream are used up} */
  StreamLedger.Epochs epochs(Map<Long, Long> used) {
    return ledger.epochs(used, senders());
  }
}
