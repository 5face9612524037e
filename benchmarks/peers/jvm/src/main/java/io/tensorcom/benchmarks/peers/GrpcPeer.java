// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.peers;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.internal.GrpcUtil;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** gRPC: one server-streaming call whose messages are the bytes of a batch, without protobuf. */
public final class GrpcPeer {
  private static final int REQUESTED = 4;

  private final MethodDescriptor<ByteBuffer, ByteBuffer> method;
  private final int count;
  private final int bytes;

  private GrpcPeer(int count, int bytes) {
    this.count = count;
    this.bytes = bytes;
    method =
        MethodDescriptor.<ByteBuffer, ByteBuffer>newBuilder()
            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
            .setFullMethodName("peers.Batches/Stream")
            .setRequestMarshaller(new BytesMarshaller(1))
            .setResponseMarshaller(new BytesMarshaller(bytes))
            .build();
  }

  /** Runs one side; ends with 1 if a batch is missing or has another size. */
  public static void main(String[] args) throws Exception {
    Place place = Place.of(args[1]);
    int images = Integer.parseInt(args[3]);
    int side = Integer.parseInt(args[4]);
    GrpcPeer peer = new GrpcPeer(Integer.parseInt(args[2]), images * (side * side * 3 + 4));
    if (args[0].equals("send")) {
      peer.send(place);
    } else {
      System.out.println(
          "mode: gRPC %s over Netty, bytes marshaller, 1 copy a side, %s"
              .formatted(GrpcUtil.IMPLEMENTATION_VERSION, Place.mode()));
      peer.receive(place);
    }
    System.exit(0);
  }

  private void send(Place place) throws Exception {
    ByteBuffer batch = ByteBuffer.allocate(bytes);
    batch.put(bytes - 1, (byte) 7);
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("peers.Batches")
            .addMethod(
                method,
                (call, headers) -> {
                  call.setOnReadyThreshold(Place.QUEUE);
                  call.request(1);
                  call.sendHeaders(new Metadata());
                  return new Sending(call, batch, count);
                })
            .build();
    Departure departure = new Departure();
    place.server().addTransportFilter(departure).addService(service).build().start();
    departure.await();
  }

  private static final class Sending extends ServerCall.Listener<ByteBuffer> {
    private final ServerCall<ByteBuffer, ByteBuffer> call;
    private final ByteBuffer batch;
    private int left;

    Sending(ServerCall<ByteBuffer, ByteBuffer> call, ByteBuffer batch, int count) {
      this.call = call;
      this.batch = batch;
      this.left = count;
    }

    @Override
    public void onHalfClose() {
      onReady();
    }

    @Override
    public void onReady() {
      while (left > 0 && call.isReady()) {
        call.sendMessage(batch);
        if (--left == 0) {
          call.close(Status.OK, new Metadata());
        }
      }
    }
  }

  private void receive(Place place) throws Exception {
    ManagedChannel channel = place.channel();
    ClientCall<ByteBuffer, ByteBuffer> call = channel.newCall(method, CallOptions.DEFAULT);
    Receiving receiving = new Receiving(call, bytes, count);
    call.start(receiving, new Metadata());
    call.request(REQUESTED);
    call.sendMessage(ByteBuffer.allocate(1));
    call.halfClose();
    int received = receiving.received.get();
    if (received != count) {
      throw new IllegalStateException("batches: " + received + ", expected: " + count);
    }
    channel.shutdown().awaitTermination(30, TimeUnit.SECONDS);
  }

  private static final class Receiving extends ClientCall.Listener<ByteBuffer> {
    private final CompletableFuture<Integer> received = new CompletableFuture<>();
    private final ClientCall<ByteBuffer, ByteBuffer> call;
    private final int bytes;
    private final int count;
    private int batches;

    Receiving(ClientCall<ByteBuffer, ByteBuffer> call, int bytes, int count) {
      this.call = call;
      this.bytes = bytes;
      this.count = count;
    }

    @Override
    public void onMessage(ByteBuffer batch) {
      if (batch.remaining() != bytes || batch.get(bytes - 1) != 7) {
        throw new IllegalStateException("altered: " + batches);
      }
      batches++;
      Marks.received(batches, count);
      call.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk()) {
        received.complete(batches);
      } else {
        received.completeExceptionally(status.asRuntimeException());
      }
    }
  }
}
