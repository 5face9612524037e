// SPDX-License-Identifier: Apache-2.0

/** Batches of tensors over the network; start with {@link io.tensorcom}. */
module io.tensorcom.core {
  requires jdk.management;
  requires org.slf4j;
  requires static transitive org.jspecify;
  requires static org.zeromq.jeromq;

  exports io.tensorcom;
  exports io.tensorcom.codec;
  exports io.tensorcom.tensor;
  exports io.tensorcom.transport;
  exports io.tensorcom.transport.jeromq;

  uses io.tensorcom.transport.Transport;

  provides io.tensorcom.transport.Transport with
      io.tensorcom.transport.jeromq.JeroMqTransport;
}
