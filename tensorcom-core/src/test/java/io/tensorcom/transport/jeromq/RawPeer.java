// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The hand-made end of a connection to a JeroMQ socket. */
final class RawPeer {
  private RawPeer() {}

  /** Writes a greeting of ZMTP 3.0 with the NULL mechanism, and READY as this type. */
  static void shakeHands(Socket socket, String type) throws IOException {
    ByteBuffer greeting = ByteBuffer.allocate(64);
    greeting.put(0, (byte) 0xff).put(9, (byte) 0x7f).put(10, (byte) 3);
    greeting.put(12, "NULL".getBytes(StandardCharsets.US_ASCII));
    OutputStream out = socket.getOutputStream();
    out.write(greeting.array());
    byte[] ready =
        ("\5READY\13Socket-Type\0\0\0" + (char) type.length() + type)
            .getBytes(StandardCharsets.ISO_8859_1);
    out.write(4);
    out.write(ready.length);
    out.write(ready);
    out.flush();
  }

  /** Reads the other end's greeting and READY, and returns the latter. */
  static String readHandshake(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    in.readFully(new byte[65]);
    byte[] ready = new byte[in.readUnsignedByte()];
    in.readFully(ready);
    return new String(ready, StandardCharsets.ISO_8859_1);
  }
}
