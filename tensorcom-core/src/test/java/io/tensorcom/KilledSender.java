// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.TruthLog;
import io.tensorcom.transport.SendResult;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A process that sends until it is stopped, and writes a line into a file before each batch. */
final class KilledSender {
  private KilledSender() {}

  public static void main(String[] args) throws Exception {
    TruthLog content = new TruthLog(1, 0);
    try (TensorSender sender = TensorSender.open(args[0] + "?pool=64M");
        BufferedWriter log = Files.newBufferedWriter(Path.of(args[1]))) {
      while (true) {
        log.write(content.sent(0) + "\n");
        log.flush();
        try (TensorBatch batch = content.next(sender.pool(), 0)) {
          if (sender.send(batch, Duration.ofMinutes(2)) != SendResult.SENT) {
            throw new IllegalStateException("nobody took a batch");
          }
        }
      }
    }
  }
}
