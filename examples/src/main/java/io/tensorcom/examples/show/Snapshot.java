// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.examples.monitor.PythonFormat;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is shown of a batch, of which it keeps nothing. Immutable.
 *
 * @param note why there are no images, or fewer than expected; empty if all is as expected
 * @param labels one for each image
 */
record Snapshot(
    List<TensorFigures> tensors,
    @Nullable BatchOrigin origin,
    @Nullable ImageGrid grid,
    List<String> labels,
    String note) {
  private static final int DIGITS = 6;

  /** What is known of a tensor. */
  record TensorFigures(String dtype, List<Long> shape, String info, Histogram histogram) {
    static TensorFigures of(Tensor tensor) {
      return new TensorFigures(
          tensor.dtype().numpyName(),
          Arrays.stream(tensor.shape()).boxed().toList(),
          tensor.info(),
          Histogram.of(tensor));
    }

    /** {@return the line of the Python tensorshow: dtype, shape, least and greatest element} */
    String line() {
      String dims = shape.stream().map(Object::toString).collect(Collectors.joining(", "));
      return dtype
          + (" (" + dims + (shape.size() == 1 ? ",) " : ") "))
          + PythonFormat.general(histogram.min(), DIGITS)
          + " "
          + PythonFormat.general(histogram.max(), DIGITS);
    }
  }

  /** Looks at a batch, which is borrowed. */
  static Snapshot of(TensorBatch batch, ViewOptions options) {
    List<TensorFigures> figures = new ArrayList<>();
    List<Thumbnails> sides = new ArrayList<>();
    int wanted = options.mode() == Mode.IMG2IMG ? 2 : 1;
    for (Tensor tensor : batch) {
      figures.add(TensorFigures.of(tensor));
      ImageLayout layout = ImageLayout.of(tensor, options.unbatched());
      if (layout != null && sides.size() < wanted) {
        sides.add(new Thumbnails(tensor, layout, options.cell()));
      }
    }
    String note = sides.size() == wanted ? "" : missing(sides.size(), options);
    if (sides.isEmpty()) {
      return new Snapshot(figures, batch.origin(), null, List.of(), note);
    }
    ImageGrid grid = ImageGrid.paint(sides, options.images());
    List<String> labels =
        options.mode() == Mode.IMGCLASS
            ? Labels.of(batch, sides.get(0).images(), grid.images(), options.names())
            : Labels.numbers(grid.images());
    return new Snapshot(figures, batch.origin(), grid, labels, note);
  }

  private static String missing(int found, ViewOptions options) {
    if (found == 1) {
      return "no second tensor of images in this batch, which img2img shows beside the first";
    }
    String layouts = "HWC, CHW or HW of up to 65,536 pixels a side";
    return options.unbatched()
        ? "no image in this batch (expected: a tensor of " + layouts + ")"
        : "no images in this batch (expected: a tensor of N images, each "
            + layouts
            + "; -b takes a tensor as one image)";
  }

  /** Adds what the page shows beside the picture. */
  void addTo(ObjectNode object) {
    object.put("note", note);
    if (origin != null) {
      object
          .put("stream", String.format("%016x", origin.streamId()))
          .put("sequence", origin.sequence())
          .put("epoch", origin.epoch());
    }
    ArrayNode array = object.putArray("tensors");
    for (TensorFigures tensor : tensors) {
      ObjectNode each = array.addObject().put("dtype", tensor.dtype).put("info", tensor.info);
      tensor.shape.forEach(each.putArray("shape")::add);
      tensor.histogram.addTo(each);
    }
    if (grid != null) {
      object.put("cellWidth", grid.cellWidth()).put("cellHeight", grid.cellHeight());
      ArrayNode images = object.putArray("images");
      for (int i = 0; i < grid.images(); i++) {
        images
            .addObject()
            .put("label", labels.get(i))
            .put("left", grid.left(i))
            .put("top", grid.top(i));
      }
    }
  }
}
