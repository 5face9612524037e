// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** The file of a Unix-domain socket: checked before a bind. */
final class UnixSocketPath {
  /** What {@code sockaddr_un} holds, with its final zero (unix(7)). */
  private static final int MAX_BYTES = 107;

  private UnixSocketPath() {}

  /** Checks what the kernel would refuse without saying why. */
  static void check(TransportAddress address) {
    int length = address.host().getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > MAX_BYTES) {
      throw new TransportException(
          "path of a Unix-domain socket: "
              + length
              + " bytes (expected: 1.."
              + MAX_BYTES
              + "): endpoint="
              + address,
          address.toString());
    }
  }

  /** Removes the file that a process left which is gone; refuses anything else in the place. */
  static void clear(TransportAddress address) {
    Path path = Path.of(address.host());
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      boolean isSocket =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .isOther();
      if (!isSocket) {
        throw cannotBind(address, "the file is not a socket");
      }
      if (isListenedOn(path)) {
        throw cannotBind(address, "address in use");
      }
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw cannotBind(address, "" + e.getMessage());
    }
  }

  /** Only a refusal says that nobody listens; a full backlog is an error and not waited for. */
  private static boolean isListenedOn(Path path) throws IOException {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false);
      boolean unused = probe.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (SocketException e) {
      if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      throw new IOException("address in use, or no right to connect there: " + e.getMessage(), e);
    }
  }

  private static TransportException cannotBind(TransportAddress address, String reason) {
    return new TransportException(
        "cannot bind: endpoint=" + address + ": " + reason, address.toString());
  }
}
