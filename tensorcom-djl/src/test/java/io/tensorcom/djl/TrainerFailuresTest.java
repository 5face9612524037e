// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.EpochReport;
import io.tensorcom.ReceiveTimeoutException;
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.codec.MalformedBatchException;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.jeromq.JeroMqTransport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the trainer's thread sees when something goes wrong, and that nothing is left behind. */
@Timeout(120)
final class TrainerFailuresTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final TensorcomConfig config = TensorcomConfig.builder().pool(pool).build();
  private final TensorSender sender = TensorSender.open(config, "zrpush://127.0.0.1:0?drain=0s");
  private final String address = sender.boundEndpoints().get(0);
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  /** Reachable, as an executor that nobody can reach ends its threads by itself. */
  private final List<TensorcomDataset> opened = new CopyOnWriteArrayList<>();

  @AfterEach
  void closeAndFindNothing() {
    sender.close();
    assertThat(manager.getManagedArrays()).as("arrays that are left").isEmpty();
    manager.close();
    await("all leases back", () -> pool.stats().leases() == 0);
    assertThat(pool.stats().leaks()).as("leases that were garbage first").isZero();
    await("all threads ended", () -> threads().isEmpty());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("tensorcom-djl"))
        .toList();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time for: %s", what).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private TensorcomDataset dataset(UnaryOperator<TensorcomDataset.Builder> adjust) {
    TensorcomDataset dataset =
        adjust
            .apply(
                TensorcomDataset.builder()
                    .setUrls(address.replace("tcp", "zrpull"))
                    .setData(0)
                    .optReceiver(config)
                    .optTimeout(SOON))
            .build();
    opened.add(dataset);
    dataset.prepare(null);
    return dataset;
  }

  private void send(float... values) throws InterruptedException {
    try (TensorBatch batch =
        TensorBatch.of(Tensor.copyOf(pool, DType.FLOAT32, values, values.length))) {
      sender.send(batch, SOON);
    }
  }

  private static List<Float> firsts(Iterable<Batch> epoch) {
    List<Float> firsts = new ArrayList<>();
    for (Batch batch : epoch) {
      try (batch) {
        firsts.add(batch.getData().get(0).toFloatArray()[0]);
      }
    }
    return firsts;
  }

  @Test
  void shouldChangeTheDataWhenThereIsATransform() throws Exception {
    try (TensorcomDataset dataset =
        dataset(
            each ->
                each.optBatchesPerEpoch(2)
                    .optTransform(data -> new NDList(data.get(0).mul(2), data.get(0).add(1))))) {
      send(3, 4);
      send(5, 6);
      for (Batch batch : dataset.getData(manager)) {
        try (batch) {
          float first = batch.getProgress() == 0 ? 3 : 5;
          assertThat(batch.getData().get(0).toFloatArray())
              .containsExactly(2 * first, 2 * first + 2);
          assertThat(batch.getData().get(1).toFloatArray()).containsExactly(first + 1, first + 2);
        }
      }
    }
  }

  @Test
  void shouldReleaseAllAndTellTheTrainerWhenTheTransformThrows() throws Exception {
    List<NDArray> made = new ArrayList<>();
    IllegalStateException mine = new IllegalStateException("not with me");
    UnaryOperator<NDList> transform =
        data -> {
          if (data.get(0).getFloat(0) == 5) {
            made.addAll(List.of(data.get(0), data.get(0).mul(2)));
            throw mine;
          }
          return data;
        };
    try (TensorcomDataset dataset =
        dataset(each -> each.optBatchesPerEpoch(3).optTransform(transform))) {
      send(3);
      send(5);
      send(7);
      send(8);
      send(9);
      Iterator<Batch> epoch = dataset.getData(manager).iterator();
      epoch.next().close();

      assertThatThrownBy(epoch::hasNext)
          .isInstanceOf(UnfitBatchException.class)
          .hasMessageContaining("batch from " + address + ": not with me")
          .hasCause(mine);
      assertThat(made).hasSize(2).allMatch(NDArray::isReleased);
      assertThat(firsts(dataset.getData(manager))).as("goes on").containsExactly(7f, 8f, 9f);
    }
  }

  @Test
  void shouldGoOnWithOtherShapesWhenTheFirstBatchOfAllCannotBeConverted() throws Exception {
    try (TensorcomDataset dataset =
            dataset(
                each ->
                    each.optBatchesPerEpoch(2)
                        .optTransform(data -> new NDList(data.get(0).add(1))));
        TensorBatch unfit = TensorBatch.of(Tensor.allocate(pool, DType.UINT16, 3))) {
      sender.send(unfit, SOON);
      assertThatThrownBy(() -> dataset.getData(manager).iterator().hasNext())
          .isInstanceOf(UnfitBatchException.class);

      send(1);
      send(2);
      assertThat(firsts(dataset.getData(manager))).containsExactly(2f, 3f);
      assertThat(dataset.loadStats().skipped()).isZero();
    }
  }

  /** As Kotlin and Lombok let anybody throw. */
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void undeclared(Exception thrown) throws T {
    throw (T) thrown;
  }

  @Test
  void shouldTellTheTrainerWhenTheTransformThrowsWhatItDoesNotDeclare() throws Exception {
    IOException mine = new IOException("not with me");
    UnaryOperator<NDList> transform =
        data -> {
          TrainerFailuresTest.<RuntimeException>undeclared(mine);
          return data;
        };
    try (TensorcomDataset dataset = dataset(each -> each.optTransform(transform))) {
      send(3);
      CompletableFuture<Boolean> asked =
          CompletableFuture.supplyAsync(() -> dataset.getData(manager).iterator().hasNext());

      assertThatThrownBy(() -> asked.get(30, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(UnfitBatchException.class)
          .hasMessageContaining("batch from " + address + ": not with me")
          .hasCause(mine);
    }
  }

  @Test
  void shouldNotWaitForEverWhenATransformHangs() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch hanging = new CountDownLatch(1);
    TensorcomDataset.Builder builder =
        TensorcomDataset.builder()
            .setUrls(address.replace("tcp", "zrpull"))
            .setData(0)
            .optReceiver(config)
            .optTransform(
                data -> {
                  begun.countDown();
                  while (hanging.getCount() > 0) {
                    Thread.onSpinWait();
                  }
                  return data;
                });
    TensorcomDataset dataset = new TensorcomDataset(builder, Duration.ofMillis(50));
    try {
      dataset.prepare(null);
      send(1);
      Iterator<Batch> left = dataset.getData(manager).iterator();
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();

      assertThatThrownBy(() -> dataset.getData(manager).iterator())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("thread=tensorcom-djl-prefetch");
      assertThatThrownBy(left::hasNext).isInstanceOf(IllegalStateException.class);
      dataset.close();
      assertThat(threads()).as("still in the transform").isNotEmpty();
    } finally {
      hanging.countDown();
      dataset.close();
    }
  }

  @Test
  void shouldNameTheServerWhenTheEngineHasNoSuchDtype() throws Exception {
    try (TensorcomDataset dataset = dataset(each -> each);
        TensorBatch batch = TensorBatch.of(Tensor.allocate(pool, DType.UINT16, 3))) {
      sender.send(batch, SOON);

      assertThatThrownBy(() -> dataset.getData(manager).iterator().hasNext())
          .isInstanceOf(UnfitBatchException.class)
          .hasMessageContaining("batch from " + address + ": the engine PyTorch has no uint16");
    }
  }

  @Test
  void shouldThrowEvenWhenBadBatchesAreSkippedAndMappedTensorsAreMissing() throws Exception {
    try (TensorcomDataset dataset = dataset(each -> each.setLabels(1))) {
      send(1, 2);

      assertThatThrownBy(() -> dataset.getData(manager).iterator().hasNext())
          .isInstanceOf(UnfitBatchException.class)
          .hasMessageContaining("batch from " + address + ": 1 tensors: float32[n]");
    }
  }

  @ParameterizedTest
  @EnumSource(OnBadBatch.class)
  void shouldSkipOrThrowWhenABatchIsMalformed(OnBadBatch choice) throws Exception {
    TensorPool own = TensorPool.ofBudget(1 << 20);
    try (MessageSink bad = new JeroMqTransport().openSink(SocketRole.PUSH, SocketOptions.of(own))) {
      TransportAddress from = bad.bind(TransportAddress.tcp("127.0.0.1", 0));
      try (TensorcomDataset dataset =
          dataset(
              each ->
                  each.setUrls(
                          address.replace("tcp", "zrpull"),
                          from.toString().replace("tcp", "zrpull"))
                      .optBatchesPerEpoch(2)
                      .optOnBadBatch(choice))) {
        Iterator<Batch> epoch = dataset.getData(manager).iterator();
        ByteBuffer[] rubbish = {ByteBuffer.wrap(new byte[7]), ByteBuffer.wrap(new byte[5000])};
        bad.send(Message.outbound(rubbish, false, () -> {}), SOON);
        if (choice == OnBadBatch.THROW) {
          assertThatThrownBy(epoch::hasNext)
              .isInstanceOf(MalformedBatchException.class)
              .hasMessageContaining(from.toString());
        } else {
          await("it is counted", () -> dataset.loadStats().skipped() == 1);
          send(1);
          send(2);
          assertThat(firsts(() -> epoch)).containsExactly(1f, 2f);
        }
      }
    }
  }

  @Test
  void shouldThrowAfterTheBatchesThatCameWhenTheNextIsLate() throws Exception {
    try (TensorcomDataset dataset =
        dataset(each -> each.optBatchesPerEpoch(3).optTimeout(Duration.ofSeconds(4)))) {
      send(1);
      send(2);
      Iterator<Batch> epoch = dataset.getData(manager).iterator();
      epoch.next().close();
      epoch.next().close();

      assertThatThrownBy(epoch::hasNext)
          .isInstanceOf(ReceiveTimeoutException.class)
          .hasMessageContaining("no batch within 4000 ms")
          .hasMessageContaining("peers=1 (" + address + ")");
    }
  }

  private static void trainUntilInterrupted(Iterable<Batch> epoch) {
    for (Batch batch : epoch) {
      batch.close();
    }
  }

  @Test
  void shouldReleaseAllWhenTheTrainerIsInterruptedInTheMiddleOfAnEpoch() throws Exception {
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    AtomicReference<@Nullable TensorcomDataset> opened = new AtomicReference<>();
    Thread trainer =
        new Thread(
            () -> {
              try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(10))) {
                opened.set(dataset);
                trainUntilInterrupted(dataset.getData(manager));
              } catch (RuntimeException e) {
                thrown.set(Thread.currentThread().isInterrupted() ? e : null);
              }
            });
    trainer.start();
    send(1);
    send(2);
    await(
        "it waits for the third",
        () -> {
          TensorcomDataset dataset = opened.get();
          return dataset != null
              && dataset.loadStats().batches() == 2
              && trainer.getState() == Thread.State.WAITING;
        });
    trainer.interrupt();
    trainer.join(SOON.toMillis());

    assertThat(trainer.isAlive()).isFalse();
    assertThat(thrown.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("interrupted");
  }

  @Test
  void shouldReleaseAllWhenClosedInTheMiddleOfAnEpochByAnother() throws Exception {
    AtomicInteger converted = new AtomicInteger();
    UnaryOperator<NDList> counting =
        data -> {
          converted.incrementAndGet();
          return data;
        };
    TensorcomDataset dataset = dataset(each -> each.optPrefetch(3, 1 << 20).optTransform(counting));
    for (int i = 0; i < 6; i++) {
      send(i);
    }
    Iterator<Batch> epoch = dataset.getData(manager).iterator();
    epoch.next().close();
    Batch taken = epoch.next();
    await("three more are prefetched", () -> converted.get() == 5);
    CompletableFuture.runAsync(dataset::close).get(30, TimeUnit.SECONDS);

    assertThat(taken.getData().get(0).toFloatArray()).as("stays valid").containsExactly(1f);
    taken.close();
    assertThatThrownBy(epoch::hasNext).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldPrefetchOnTheUsersThreadAndLeaveItAloneWhenAnExecutorIsGiven() throws Exception {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    UnaryOperator<NDList> transform =
        data -> {
          threads.add(Thread.currentThread().getName());
          return data;
        };
    ExecutorService mine = Executors.newSingleThreadExecutor(work -> new Thread(work, "mine"));
    try (TensorcomDataset dataset =
        dataset(each -> each.optBatchesPerEpoch(2).optTransform(transform))) {
      for (int i = 0; i < 5; i++) {
        send(i);
      }
      assertThat(firsts(dataset.getData(manager, mine))).containsExactly(0f, 1f);
      assertThat(threads).containsExactly("mine");
      assertThat(firsts(dataset.getData(manager, null))).containsExactly(2f, 3f);
      assertThat(threads).hasSize(2);
      dataset.getData(manager, mine).iterator().next().close();
    }
    assertThat(mine.submit(() -> 7).get(30, TimeUnit.SECONDS)).as("free again").isEqualTo(7);
    mine.shutdown();
    assertThat(mine.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
  }

  private Iterator<TensorBatch> dying(int batches) {
    return new Iterator<>() {
      private int count;

      @Override
      public boolean hasNext() {
        if (count == batches) {
          throw new IllegalStateException("dies");
        }
        return true;
      }

      @Override
      public TensorBatch next() {
        return one(count++);
      }
    };
  }

  private void serveOneEpochAndDieInTheSecond() {
    try {
      sender.serveEpochs(
          3,
          epoch -> epoch == 0 ? Stream.of(one(0), one(1)).iterator() : dying(4),
          ServeOptions.forEver());
    } catch (IllegalStateException e) {
      sender.close(SOON);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private TensorBatch one(float value) {
    return TensorBatch.of(Tensor.copyOf(pool, DType.FLOAT32, new float[] {value}, 1));
  }

  @ParameterizedTest
  @EnumSource(OnLostServer.class)
  void shouldNameTheServerAndNotGoOnForEverWhenItDiesInTheMiddleOfAnEpoch(OnLostServer choice)
      throws Exception {
    try (TensorcomDataset dataset =
        dataset(each -> each.optOnLostServer(choice).optSilence(Duration.ofSeconds(4)))) {
      CompletableFuture<Void> serving =
          CompletableFuture.runAsync(this::serveOneEpochAndDieInTheSecond);
      assertThat(firsts(dataset.getData(manager))).hasSize(2);
      if (choice == OnLostServer.CONTINUE) {
        assertThat(firsts(dataset.getData(manager))).hasSize(4);
        assertThat(dataset.epochReport().map(EpochReport::end)).hasValue(EpochReport.End.SILENCE);
      }

      assertThatThrownBy(() -> firsts(dataset.getData(manager)))
          .asInstanceOf(type(ServersLostException.class))
          .satisfies(
              e ->
                  assertThat(Stream.concat(e.gone().stream(), e.unfinished().stream()))
                      .containsExactly(address))
          .satisfies(e -> assertThat(e).hasMessageContaining(address));
      serving.get(30, TimeUnit.SECONDS);
    }
  }
}
