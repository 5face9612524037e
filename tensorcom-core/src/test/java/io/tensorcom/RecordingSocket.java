// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.MessageSocket;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A socket that only remembers what it was told to connect to. */
final class RecordingSocket implements MessageSocket {
  final Set<String> connected = new TreeSet<>();
  final List<String> calls = new ArrayList<>();
  ConnectionListener listener = new ConnectionListener() {};

  @Override
  public TransportAddress bind(TransportAddress address) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void connect(TransportAddress address) {
    calls.add("+" + address);
    assertThat(connected.add(address.toString())).as("connected once: %s", address).isTrue();
  }

  @Override
  public void disconnect(TransportAddress address, Duration linger) {
    calls.add("-" + address);
    assertThat(linger).isPositive();
    assertThat(connected.remove(address.toString())).as("was connected: %s", address).isTrue();
  }

  @Override
  public void setConnectionListener(ConnectionListener newListener) {
    listener = newListener;
  }

  @Override
  public boolean awaitPeers(int count, Duration timeout) {
    return false;
  }

  @Override
  public SocketStats stats() {
    return SocketStats.withoutPeers(0, 0, 0, 0, 0, 0, 0);
  }

  @Override
  public void close() {}
}
