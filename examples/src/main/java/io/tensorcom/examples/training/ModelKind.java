// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import ai.djl.basicmodelzoo.cv.classification.ResNetV1;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import java.util.Locale;

/** The models that can be trained. */
enum ModelKind {
  /** ResNet-50, for images of 224 x 224. */
  RESNET50(1000),
  /** Two convolutions and two linear layers, for the sample data. */
  CNN(10);

  private static final Shape POOL = new Shape(2, 2);

  private final int classes;

  ModelKind(int classes) {
    this.classes = classes;
  }

  /** {@return classes, if nothing else is said} */
  int classes() {
    return classes;
  }

  /** Makes the network for images of shape (3, height, width). */
  Block block(Shape image, int outputs) {
    return this == RESNET50 ? resnet50(image, outputs) : cnn(outputs);
  }

  private static Block resnet50(Shape image, int outputs) {
    return ResNetV1.builder().setImageShape(image).setNumLayers(50).setOutSize(outputs).build();
  }

  private static Block cnn(int outputs) {
    return new SequentialBlock()
        .add(convolution(32))
        .add(BatchNorm.builder().build())
        .add(Activation::relu)
        .add(Pool.maxPool2dBlock(POOL, POOL))
        .add(convolution(64))
        .add(BatchNorm.builder().build())
        .add(Activation::relu)
        .add(Pool.maxPool2dBlock(POOL, POOL))
        .add(Blocks.batchFlattenBlock())
        .add(Dropout.builder().optRate(0.5f).build())
        .add(Linear.builder().setUnits(128).build())
        .add(Activation::relu)
        .add(Dropout.builder().optRate(0.5f).build())
        .add(Linear.builder().setUnits(outputs).build());
  }

  private static Block convolution(int filters) {
    return Conv2d.builder()
        .setKernelShape(new Shape(3, 3))
        .optPadding(new Shape(1, 1))
        .setFilters(filters)
        .build();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
