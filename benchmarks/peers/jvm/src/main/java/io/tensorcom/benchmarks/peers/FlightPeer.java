// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.peers;

import io.grpc.netty.NettyServerBuilder;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.flight.BackpressureStrategy;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightGrpcUtils;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Arrow Flight: one DoGet stream of record batches, a row an image and its class.
 *
 * <p>{@code -Dzerocopy=false} lets gRPC copy each batch instead of taking Arrow's buffers.
 */
public final class FlightPeer {
  private static final long PATIENCE = 3_600_000;
  private static final boolean ZERO_COPY =
      Boolean.parseBoolean(System.getProperty("zerocopy", "true"));

  private final Place place;
  private final int count;
  private final int images;
  private final int side;

  private FlightPeer(Place place, int count, int images, int side) {
    this.place = place;
    this.count = count;
    this.images = images;
    this.side = side;
  }

  /** Runs one side; ends with 1 if a batch is missing or has another size. */
  public static void main(String[] args) throws Exception {
    FlightPeer peer =
        new FlightPeer(
            Place.of(args[1]),
            Integer.parseInt(args[2]),
            Integer.parseInt(args[3]),
            Integer.parseInt(args[4]));
    if (args[0].equals("send")) {
      peer.send();
    } else {
      System.out.println(
          "mode: Flight %s, DoGet, zero-copy write %s, %s"
              .formatted(
                  FlightServer.class.getPackage().getImplementationVersion(),
                  ZERO_COPY,
                  Place.mode()));
      peer.receive();
    }
    System.exit(0);
  }

  private VectorSchemaRoot batch(BufferAllocator allocator) {
    FixedSizeBinaryVector pixels = new FixedSizeBinaryVector("images", allocator, side * side * 3);
    IntVector classes = new IntVector("classes", allocator);
    pixels.allocateNew(images);
    classes.allocateNew(images);
    byte[] image = new byte[side * side * 3];
    image[image.length - 1] = 7;
    for (int i = 0; i < images; i++) {
      pixels.set(i, image);
      classes.set(i, i);
    }
    VectorSchemaRoot root = new VectorSchemaRoot(List.of(pixels, classes));
    root.setRowCount(images);
    return root;
  }

  private void send() throws Exception {
    Location location =
        place.tcp()
            ? Location.forGrpcInsecure("127.0.0.1", Integer.parseInt(place.where()))
            : Location.forGrpcDomainSocket(place.where());
    Departure departure = new Departure();
    Consumer<NettyServerBuilder> options =
        builder -> builder.flowControlWindow(Place.WINDOW).addTransportFilter(departure);
    BufferAllocator allocator = new RootAllocator();
    VectorSchemaRoot root = batch(allocator);
    FlightServer.builder(allocator, location, new Producer(root, count))
        .backpressureThreshold(Place.QUEUE)
        .transportHint("grpc.builderConsumer", options)
        .build()
        .start();
    departure.await();
  }

  private static final class Producer extends NoOpFlightProducer {
    private final VectorSchemaRoot root;
    private final int count;

    Producer(VectorSchemaRoot root, int count) {
      this.root = root;
      this.count = count;
    }

    @Override
    public void getStream(CallContext context, Ticket ticket, ServerStreamListener listener) {
      BackpressureStrategy ready = new BackpressureStrategy.CallbackBackpressureStrategy();
      ready.register(listener);
      // Safe, since nobody writes into the batch again.
      listener.setUseZeroCopy(ZERO_COPY);
      // On this thread the call to be ready again would wait for us to return.
      new Thread(() -> send(ready, listener), "sender").start();
    }

    private void send(BackpressureStrategy ready, ServerStreamListener listener) {
      listener.start(root);
      for (int i = 0; i < count; i++) {
        if (ready.waitForListener(PATIENCE) != BackpressureStrategy.WaitResult.READY) {
          break;
        }
        listener.putNext();
      }
      listener.completed();
    }
  }

  private void receive() throws Exception {
    BufferAllocator allocator = new RootAllocator();
    int received = 0;
    try (FlightClient client = FlightGrpcUtils.createFlightClient(allocator, place.channel());
        FlightStream stream = client.getStream(new Ticket(new byte[0]))) {
      while (stream.next()) {
        FixedSizeBinaryVector pixels = (FixedSizeBinaryVector) stream.getRoot().getVector(0);
        long bytes = (long) images * pixels.getByteWidth();
        if (stream.getRoot().getRowCount() != images
            || pixels.getDataBuffer().getByte(bytes - 1) != 7) {
          throw new IllegalStateException("altered: " + received);
        }
        received++;
        Marks.received(received, count);
      }
    }
    if (received != count) {
      throw new IllegalStateException("batches: " + received + ", expected: " + count);
    }
  }
}
