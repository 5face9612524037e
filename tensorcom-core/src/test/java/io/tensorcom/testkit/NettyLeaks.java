// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Collects what Netty finds leaked, so that a test can fail for it. The build names this class in
 * {@code io.netty.customResourceLeakDetector} and sets the strictest level.
 *
 * @param <T> what is watched
 */
public final class NettyLeaks<T> extends ResourceLeakDetector<T> {
  private static final List<String> FOUND = new CopyOnWriteArrayList<>();
  private static final List<String> ALLOCATED = new CopyOnWriteArrayList<>();
  private static final ThreadLocal<Boolean> OWN = ThreadLocal.withInitial(() -> false);

  /** Made by Netty. */
  @SuppressWarnings("deprecation") // the constructor that Netty looks for
  public NettyLeaks(Class<?> resourceType, int samplingInterval) {
    super(resourceType, samplingInterval);
  }

  /** Netty looks for this one too, and logs an error if it is missing. */
  @SuppressWarnings("deprecation")
  public NettyLeaks(Class<?> resourceType, int samplingInterval, long maxActive) {
    super(resourceType, samplingInterval, maxActive);
  }

  /**
   * {@return what has leaked so far} Netty notices a leak when the garbage collector has, and when
   * the next buffer is made; so both happen here.
   */
  static List<String> found() {
    System.gc();
    OWN.set(true);
    ByteBufAllocator.DEFAULT.directBuffer(1).release();
    OWN.set(false);
    return List.copyOf(FOUND);
  }

  /**
   * {@return where buffers were taken from Netty's allocators so far} The transport lends Netty
   * memory of its own for every read and write, so that there are none, and none to leak.
   */
  static List<String> allocated() {
    return List.copyOf(ALLOCATED);
  }

  /** Forgets what was found, because it was planted. */
  static void forget() {
    FOUND.clear();
    ALLOCATED.clear();
  }

  /** Netty asks for each thing that it begins to watch. */
  @Override
  protected Object getInitialHint(String type) {
    if (!OWN.get() && type.contains("ByteBuf")) {
      ALLOCATED.add(type + Arrays.toString(new Throwable().getStackTrace()));
    }
    return super.getInitialHint(type);
  }

  @Override
  protected boolean needReport() {
    return true;
  }

  @Override
  protected void reportTracedLeak(String resourceType, String records) {
    FOUND.add(resourceType + records);
  }

  @Override
  protected void reportUntracedLeak(String resourceType) {
    FOUND.add(resourceType);
  }
}
