// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import io.tensorcom.stream.EndNotice;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.ShardPosition;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.zmtp.PushCore;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A finite stream, and where its epochs end: all of the same length, as nearly as that can be.
 *
 * @param id of the stream
 * @param count of its batches
 * @param epochs they are divided into
 */
record SimStream(long id, int count, int epochs) {
  private int epoch(int number) {
    return number * epochs / count;
  }

  private boolean isLast(int number) {
    return number == count - 1;
  }

  /** {@return whether a batch is the last of its epoch} */
  boolean endsEpoch(int number) {
    return isLast(number) || epoch(number + 1) > epoch(number);
  }

  /** {@return what tells the end that is behind a batch, null if there is none} */
  @Nullable Message end(int number) {
    if (!endsEpoch(number)) {
      return null;
    }
    int epoch = epoch(number);
    long batches = IntStream.rangeClosed(0, number).filter(each -> epoch(each) == epoch).count();
    return PushCore.end(new EndNotice(id, number, epoch, batches, isLast(number)).encode());
  }

  /** {@return what the header extension of a batch says} */
  BatchOrigin origin(int number) {
    long flags =
        (endsEpoch(number) ? BatchOrigin.LAST_OF_EPOCH : 0)
            | (isLast(number) ? BatchOrigin.LAST_OF_STREAM : 0);
    return new BatchOrigin(id, number, epoch(number), 0, ShardPosition.UNKNOWN, flags, 0);
  }
}
