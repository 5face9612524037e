// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.List;
import java.util.Set;

/**
 * A socket of ours and a Python peer. Whoever binds comes first and takes any port, so that nobody
 * else can have it when the other dials.
 */
record PythonPair<S>(S ours, PythonPeer peer, Runnable closing) implements AutoCloseable {
  private static final Set<String> BINDING = Set.of("zpub", "zpull", "zrpush", "zrsub");
  private static final String ANY = "://127.0.0.1:";

  /** Opens one side at what follows the scheme in its URL. */
  @FunctionalInterface
  interface Opener<T> {
    T open(String place) throws Exception;
  }

  static PythonPair<TensorReceiver> receiving(
      String scheme, String place, Opener<TensorReceiver> ours, Opener<PythonPeer> peer)
      throws Exception {
    if (BINDING.contains(scheme)) {
      TensorReceiver receiver = ours.open(place);
      return new PythonPair<>(
          receiver, peer.open(dialled(place, receiver.boundEndpoints())), receiver::close);
    }
    PythonPeer bound = peer.open(place);
    TensorReceiver receiver = ours.open(dialled(place, bound));
    return new PythonPair<>(receiver, bound, receiver::close);
  }

  static PythonPair<TensorSender> sending(
      String scheme, String place, Opener<TensorSender> ours, Opener<PythonPeer> peer)
      throws Exception {
    if (BINDING.contains(scheme)) {
      TensorSender sender = ours.open(place);
      return new PythonPair<>(
          sender, peer.open(dialled(place, sender.boundEndpoints())), sender::close);
    }
    PythonPeer bound = peer.open(place);
    TensorSender sender = ours.open(dialled(place, bound));
    return new PythonPair<>(sender, bound, sender::close);
  }

  /** A place for either side: a free port, or a socket file. */
  static String anyPort() {
    return ANY + 0;
  }

  private static String dialled(String place, PythonPeer bound) {
    return place.equals(anyPort()) ? ANY + bound.port() : place;
  }

  private static String dialled(String place, List<String> bound) {
    String at = bound.get(0);
    return place.equals(anyPort()) ? ANY + at.substring(at.lastIndexOf(':') + 1) : place;
  }

  @Override
  public void close() {
    peer.close();
    closing.run();
  }
}
