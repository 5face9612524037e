// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.peers;

import io.grpc.Drainable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * Bytes as a gRPC message with one copy on each side: from the sender's array into Netty's buffers,
 * and from Netty's buffers into one buffer of the receiver, which every message reuses.
 */
final class BytesMarshaller implements MethodDescriptor.Marshaller<ByteBuffer> {
  private final int bytes;
  private ByteBuffer target;

  BytesMarshaller(int bytes) {
    this.bytes = bytes;
  }

  @Override
  public InputStream stream(ByteBuffer value) {
    return new Whole(value.array());
  }

  /** The message is valid until the next one is parsed. */
  @Override
  public ByteBuffer parse(InputStream stream) {
    if (!(stream instanceof HasByteBuffer pieces) || !pieces.byteBufferSupported()) {
      throw new IllegalStateException("no buffers in " + stream.getClass());
    }
    if (target == null) {
      target = ByteBuffer.allocateDirect(bytes);
    }
    target.clear();
    try {
      for (ByteBuffer piece = pieces.getByteBuffer();
          piece != null;
          piece = pieces.getByteBuffer()) {
        int length = piece.remaining();
        target.put(piece);
        stream.skipNBytes(length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return target.flip();
  }

  private static final class Whole extends ByteArrayInputStream implements Drainable, KnownLength {
    Whole(byte[] bytes) {
      super(bytes);
    }

    @Override
    public int drainTo(OutputStream out) throws IOException {
      int length = available();
      out.write(buf, pos, length);
      pos += length;
      return length;
    }
  }
}
