// SPDX-License-Identifier: Apache-2.0

/** Batches of tensors over the network; start with {@link io.tensorcom}. */
module io.tensorcom.core {
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires jdk.management;
  requires jdk.net;
  requires HdrHistogram;
  requires org.slf4j;
  requires static transitive org.jspecify;
  requires static io.netty.transport.classes.io_uring;
  requires static micrometer.core;
  requires static org.zeromq.jeromq;

  exports io.tensorcom;
  exports io.tensorcom.codec;
  exports io.tensorcom.discovery;
  exports io.tensorcom.metrics;
  exports io.tensorcom.stream;
  exports io.tensorcom.tensor;
  exports io.tensorcom.transport;
  exports io.tensorcom.transport.jeromq;
  exports io.tensorcom.transport.netty;

  uses io.tensorcom.discovery.DiscoveryProvider;
  uses io.tensorcom.transport.Transport;

  provides io.tensorcom.discovery.DiscoveryProvider with
      io.tensorcom.discovery.FileDiscoveryProvider,
      io.tensorcom.discovery.JvmDiscoveryProvider,
      io.tensorcom.discovery.StaticDiscoveryProvider;
  provides io.tensorcom.transport.Transport with
      io.tensorcom.transport.jeromq.JeroMqTransport,
      io.tensorcom.transport.netty.NettyTransport;
}
