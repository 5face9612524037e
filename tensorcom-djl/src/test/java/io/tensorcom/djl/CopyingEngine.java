// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrayAdapter;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An engine whose arrays have memory of their own, as TensorFlow's; no float16, no GPU. */
final class CopyingEngine extends Engine {
  private static final CopyingEngine INSTANCE = new CopyingEngine();
  private static final Manager SYSTEM = new SystemManager();

  /** Arrays that are not closed. */
  static final AtomicInteger OPEN = new AtomicInteger();

  private CopyingEngine() {}

  static NDManager newManager() {
    return SYSTEM.newSubManager(Device.cpu());
  }

  @Override
  public @Nullable Engine getAlternativeEngine() {
    return null;
  }

  @Override
  public String getEngineName() {
    return "Copying";
  }

  @Override
  public int getRank() {
    return 100;
  }

  @Override
  public String getVersion() {
    return "1";
  }

  @Override
  public boolean hasCapability(String capability) {
    return false;
  }

  @Override
  public Model newModel(String name, Device device) {
    throw new UnsupportedOperationException("no models");
  }

  @Override
  public NDManager newBaseManager() {
    return newManager();
  }

  @Override
  public NDManager newBaseManager(Device device) {
    if (device.isGpu()) {
      throw new IllegalArgumentException("no such device: " + device);
    }
    return SYSTEM.newSubManager(device);
  }

  private static class Manager extends BaseNDManager {
    Manager(@Nullable NDManager parent, Device device) {
      super(parent, device);
    }

    @Override
    public ByteBuffer allocateDirect(int capacity) {
      return ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
    }

    @Override
    public NDArray from(NDArray array) {
      return array;
    }

    @Override
    public NDArray create(Buffer data, Shape shape, DataType type) {
      if (type == DataType.FLOAT16) {
        throw new UnsupportedOperationException("no float16");
      }
      ByteBuffer own = allocateDirect((int) shape.size() * type.getNumOfBytes());
      copyBuffer(data, own);
      return new Array(this, own, shape, type);
    }

    @Override
    public NDManager newSubManager(Device device) {
      Manager manager = new Manager(this, device);
      attachInternal(manager.uid, manager);
      return manager;
    }

    @Override
    public Engine getEngine() {
      return INSTANCE;
    }
  }

  private static final class SystemManager extends Manager implements NDManager.SystemNDManager {
    SystemManager() {
      super(null, Device.cpu());
    }
  }

  private static final class Array extends NDArrayAdapter {
    private final ByteBuffer memory;

    Array(Manager manager, ByteBuffer memory, Shape shape, DataType type) {
      super(manager, null, shape, type, NDManager.nextUid());
      this.memory = memory;
      manager.attachInternal(uid, this);
      OPEN.incrementAndGet();
    }

    @Override
    public ByteBuffer toByteBuffer(boolean tryDirect) {
      return memory.duplicate().order(ByteOrder.nativeOrder()).rewind();
    }

    @Override
    public void intern(NDArray replaced) {
      throw new UnsupportedOperationException("not needed");
    }

    @Override
    public void detach() {
      manager.detachInternal(uid);
      manager = SYSTEM;
    }

    @Override
    public void close() {
      if (!isClosed) {
        OPEN.decrementAndGet();
      }
      super.close();
    }
  }
}
