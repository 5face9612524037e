// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.SendResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The unmodified Python tensorcom and ours on the same side of one socket at once. */
@Timeout(120)
final class MixedFleetTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int COUNT = 40;
  private static final String ANY = "://127.0.0.1:0";

  @BeforeEach
  void needPython() {
    PythonPeer.assumeInstalled();
  }

  private static String dialled(List<String> bound) {
    return bound.get(0).replaceFirst("^tcp", "");
  }

  private static TensorBatch numbered(TensorSender sender, int index) {
    return TensorBatch.of(Batches.random(sender.pool(), index, DType.UINT8, 4, 8));
  }

  private static String contentOf(TensorBatch batch) {
    return Batches.sha256(batch.get(0));
  }

  private static String contentOf(JsonNode batch) {
    return batch.get(0).get("sha256").asText();
  }

  private static void send(TensorSender sender, int index, List<String> sent)
      throws InterruptedException {
    try (TensorBatch batch = numbered(sender, index)) {
      sent.add(contentOf(batch));
      assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
    }
  }

  /** Takes what there is, of Python's batches apart from ours: theirs say nothing of themselves. */
  private static void take(TensorReceiver receiver, List<String> ours, List<String> theirs)
      throws InterruptedException {
    try (TensorBatch batch = receiver.receive()) {
      // What lets a Python publisher know that it is heard counts for nothing.
      if (batch.get(0).rank() < 9) {
        (batch.origin() == null ? theirs : ours).add(contentOf(batch));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"zpush, zpull", "zrpub, zrsub"})
  void shouldHearBothWhenPythonAndJavaSendToOneReceiver(String sends, String receives)
      throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open(receives + ANY)) {
      String url = sends + dialled(receiver.boundEndpoints());
      try (TensorSender sender = TensorSender.open(url);
          PythonPeer peer = new PythonPeer("tensorcom_peer.py", "send", url, "" + COUNT)) {
        assertThat(sender.awaitPeers(1, SOON)).isTrue();
        TensorBatch heard = null;
        while (heard == null) {
          peer.say("probe");
          heard = receiver.poll(Duration.ofMillis(20));
        }
        heard.close();
        peer.say("go");
        List<String> sent = new ArrayList<>();
        List<String> ours = new ArrayList<>();
        List<String> theirs = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
          send(sender, i, sent);
        }
        while (ours.size() + theirs.size() < 2 * COUNT) {
          take(receiver, ours, theirs);
        }

        assertThat(ours).isEqualTo(sent);
        for (String each : theirs) {
          assertThat(each).isEqualTo(contentOf(peer.hear()));
        }
        assertThat(receiver.stats().streams())
            .as("Python's batches are in no stream")
            .extracting(StreamStats::received, StreamStats::missing)
            .containsExactly(tuple((long) COUNT, 0L));
        peer.finish();
      }
    }
  }

  @Test
  void shouldServeAllToBothWhenPythonAndJavaSubscribe() throws Exception {
    try (TensorSender sender = TensorSender.open("zpub" + ANY)) {
      String url = "zsub" + dialled(sender.boundEndpoints());
      try (TensorReceiver receiver = TensorReceiver.open(url);
          PythonPeer peer = new PythonPeer("tensorcom_peer.py", "recv", url, "" + COUNT)) {
        assertThat(sender.awaitPeers(2, SOON)).isTrue();
        List<String> sent = new ArrayList<>();
        List<String> ours = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
          send(sender, i, sent);
          take(receiver, ours, new ArrayList<>());
          assertThat(contentOf(peer.hear())).isEqualTo(sent.get(i));
        }

        assertThat(ours).isEqualTo(sent);
        assertThat(receiver.stats().streams()).extracting(StreamStats::missing).containsExactly(0L);
        peer.finish();
      }
    }
  }

  /** Hears all that a Python peer tells, in the background. */
  private static CompletableFuture<List<String>> hearing(PythonPeer peer) {
    return CompletableFuture.supplyAsync(
        () ->
            IntStream.range(0, COUNT)
                .mapToObj(
                    i -> {
                      try {
                        return contentOf(peer.hear());
                      } catch (IOException e) {
                        throw new CompletionException(e);
                      }
                    })
                .toList());
  }

  @Test
  void shouldShareWhenPythonAndJavaPull() throws Exception {
    try (TensorSender sender = TensorSender.open("zrpush" + ANY)) {
      String url = "zrpull" + dialled(sender.boundEndpoints());
      try (TensorReceiver receiver = TensorReceiver.open(url);
          PythonPeer peer = new PythonPeer("tensorcom_peer.py", "recv", url, "" + COUNT)) {
        assertThat(sender.awaitPeers(2, SOON)).isTrue();
        CompletableFuture<List<String>> theirs = hearing(peer);
        List<String> sent = new ArrayList<>();
        List<String> ours = new ArrayList<>();
        while (!theirs.isDone()) {
          send(sender, sent.size(), sent);
          try (TensorBatch batch = receiver.poll(Duration.ofMillis(1))) {
            if (batch != null) {
              ours.add(contentOf(batch));
            }
          }
        }

        assertThat(theirs.get(30, TimeUnit.SECONDS)).hasSize(COUNT).isSubsetOf(sent);
        assertThat(ours).isNotEmpty().isSubsetOf(sent).doesNotContainAnyElementsOf(theirs.get());
        assertThat(ours).doesNotHaveDuplicates();
        peer.finish();
      }
    }
  }
}
