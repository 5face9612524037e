// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.List;

/** io_uring, whose classes are loaded only when somebody asks for it. */
final class IoUringEngine {
  private IoUringEngine() {}

  static IoEngine create() {
    if (!IoUring.isAvailable()) {
      throw IoEngine.unavailable("io_uring", IoUring.unavailabilityCause());
    }
    return new IoEngine(
        "io_uring",
        IoUringIoHandler.newFactory(),
        IoUringServerSocketChannel.class,
        IoUringSocketChannel.class,
        IoUringServerDomainSocketChannel.class,
        IoUringDomainSocketChannel.class,
        DomainSocketAddress::new,
        List.of(
            IoUringChannelOption.TCP_KEEPIDLE,
            IoUringChannelOption.TCP_KEEPINTVL,
            IoUringChannelOption.TCP_KEEPCNT));
  }
}
