// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.TransferStats;
import io.tensorcom.examples.monitor.PeerLines;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The object that the page asks for. Thread-safe. */
final class LatestJson implements Supplier<String> {
  private final List<String> urls;
  private final Supplier<TransferStats> stats;
  private final Showcase showcase;
  private final LongSupplier nanoClock;

  LatestJson(
      List<String> urls, Supplier<TransferStats> stats, Showcase showcase, LongSupplier nanoClock) {
    this.urls = List.copyOf(urls);
    this.stats = stats;
    this.showcase = showcase;
    this.nanoClock = nanoClock;
  }

  /** {@return the object: counters of the stream, for rates of one's own, and the latest batch} */
  @Override
  public String get() {
    Showcase.@Nullable Exhibit exhibit = showcase.look();
    TransferStats transfer = stats.get();
    long now = nanoClock.getAsLong();
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    urls.forEach(object.putArray("urls")::add);
    object
        .put("millis", TimeUnit.NANOSECONDS.toMillis(now))
        .put("connected", transfer.socket().peers())
        .put("batches", transfer.batches())
        .put("bytes", transfer.bytes())
        .put("batchesPerSecond", transfer.batchesPerSecond())
        .put("bytesPerSecond", transfer.bytesPerSecond())
        .put("malformed", transfer.malformed());
    PeerLines.add(object, transfer);
    if (exhibit == null) {
      object.putNull("shown");
      return object.toString();
    }
    ObjectNode shown =
        object
            .putObject("shown")
            .put("number", exhibit.number())
            .put("ageMillis", TimeUnit.NANOSECONDS.toMillis(now - exhibit.atNanos()));
    if (exhibit.png() != null) {
      shown.put("picture", "grid/" + exhibit.number() + ".png");
    }
    exhibit.snapshot().addTo(shown);
    return object.toString();
  }
}
