// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.discovery.DiscoveryProvider;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TableDiscoveryTest {
  @AfterEach
  void clearTable() {
    TableDiscovery.TABLE.clear();
  }

  @Test
  void shouldReceiveWhenTheTableSaysWhereTheServerIs() throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open("zrpull://shards:1?discovery=table");
        TensorSender sender = TensorSender.open("zrpush://127.0.2.7:0")) {
      String place = sender.boundEndpoints().get(0);
      int port = Integer.parseInt(place.substring(place.lastIndexOf(':') + 1));
      TableDiscovery.TABLE.put(
          "shards", List.of(Endpoint.of(InetAddress.getByName("127.0.2.7"), port)));

      try (TensorBatch batch =
          TensorBatch.of(Tensor.copyOf(sender.pool(), DType.INT8, new byte[] {42}, 1))) {
        assertThat(sender.send(batch, Duration.ofSeconds(20))).isEqualTo(SendResult.SENT);
      }
      try (TensorBatch batch = receiver.receive()) {
        assertThat(batch.get(0).data().get(0)).isEqualTo((byte) 42);
      }
      assertThat(receiver.stats().membership().connected()).isOne();
    }
  }

  @Test
  void shouldNotBeAmongTheToolsProvidersWhenTheyListThem() throws Exception {
    Path tools =
        Path.of(TableDiscovery.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    assertThat(tools.resolve("io/tensorcom")).isDirectory();
    assertThat(tools.resolve("META-INF/services").resolve(DiscoveryProvider.class.getName()))
        .doesNotExist();
  }
}
