// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SnapshotTest {
  private static final ViewOptions CLASSES =
      new ViewOptions(Mode.IMGCLASS, false, 4, 8, ClassNames.NONE);
  private static final ViewOptions PAIRS =
      new ViewOptions(Mode.IMG2IMG, false, 4, 8, ClassNames.NONE);

  private final Path folder;

  SnapshotTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static Snapshot of(ViewOptions options, Tensor... tensors) {
    try (TensorBatch batch = TensorBatch.of(tensors)) {
      return Snapshot.of(batch, options);
    }
  }

  /** Images of one color each: 10, 20, 30 and so on. */
  private static Tensor images(int count) {
    double[] values = new double[count * 8 * 8 * 3];
    Arrays.setAll(values, i -> 10 * (1 + i / (8 * 8 * 3)));
    return Tensors.of(DType.UINT8, new long[] {count, 8, 8, 3}, values);
  }

  private ClassNames names(String json) throws IOException {
    return ClassNames.read(Files.writeString(folder.resolve("classes.json"), json));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"3\": \"cat\", \"1\": [\"n01\", \"dog\"]}|[0] class = cat|[1] class = n01 dog",
        "[\"ant\", \"bee\", \"cow\", \"dog\"]|[0] class = dog|[1] class = bee",
        "{}|[0] class = 3|[1] class = 1",
      })
  void shouldNameClassesWhenThereIsATensorOfThem(String json, String first, String second)
      throws IOException {
    ViewOptions options = new ViewOptions(Mode.IMGCLASS, false, 4, 8, names(json));
    for (DType dtype : List.of(DType.INT32, DType.INT64, DType.UINT8)) {
      assertThat(of(options, images(2), Tensors.of(dtype, new long[] {2}, 3, 1)).labels())
          .containsExactly(first, second);
    }
    Tensor column = Tensors.of(DType.INT32, new long[] {2, 1}, 3, 1);
    assertThat(of(options, images(2), column).labels()).containsExactly(first, second);
  }

  @Test
  void shouldNumberImagesWhenNoTensorHasAClassForEach() {
    assertThat(of(CLASSES, images(2)).labels()).containsExactly("[0]", "[1]");
    assertThat(of(CLASSES, images(2), Tensors.of(DType.INT32, new long[] {3}, 1, 2, 3)).labels())
        .containsExactly("[0]", "[1]");
    assertThat(of(CLASSES, images(2), Tensors.of(DType.FLOAT32, new long[] {2}, 0.5, 2)).labels())
        .containsExactly("[0] class = 0.5", "[1] class = 2");
  }

  @Test
  void shouldSayOneLineWhenClassNamesMakeNoSense() {
    for (String json : List.of("7", "\"cat\"", "{", "", "nonsense")) {
      Assertions.assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> names(json))
          .withMessageStartingWith(folder.resolve("classes.json") + ": no");
    }
  }

  @Test
  void shouldShowSoManyImagesWhenABatchHasMore() {
    Snapshot snapshot = of(CLASSES, images(9));
    ImageGrid grid = Objects.requireNonNull(snapshot.grid());
    assertThat(snapshot.labels()).hasSize(4);
    assertThat(snapshot.note()).isEmpty();
    for (int i = 0; i < 4; i++) {
      int middle = grid.picture().get(grid.left(i) + 7, grid.top(i) + 7);
      assertThat(middle).isEqualTo(10 * (i + 1) * 0x010101);
    }
    assertThat(grid.picture().get(0, 0)).isEqualTo(ImageGrid.BACKGROUND);
  }

  @Test
  void shouldBreakRowsWhenImagesDoNotFitIntoOne() {
    double[] values = new double[30];
    Arrays.setAll(values, i -> i);
    ViewOptions options = new ViewOptions(Mode.IMGCLASS, false, 1000, 100, ClassNames.NONE);
    ImageGrid grid =
        Objects.requireNonNull(
            of(options, Tensors.of(DType.UINT8, new long[] {30, 1, 1}, values)).grid());
    assertThat(grid.columns()).isEqualTo(11);
    assertThat(grid.picture().height()).isEqualTo(3 * 104 + 4);
    for (int i = 0; i < 30; i++) {
      assertThat(grid.picture().get(grid.left(i) + 99, grid.top(i) + 99)).isEqualTo(i * 0x010101);
    }
  }

  @Test
  void shouldFindImagesWhenClassesComeFirst() {
    assertThat(of(CLASSES, Tensors.of(DType.INT32, new long[] {2}, 3, 1), images(2)).labels())
        .containsExactly("[0] class = 3", "[1] class = 1");
  }

  @Test
  void shouldPutTwoSideBySideWhenAskedForPairs() {
    Tensor half = Tensors.of(DType.FLOAT32, new long[] {2, 1, 2, 2}, 1, 1, 1, 1, 0, 0, 0, 0);
    Snapshot snapshot = of(PAIRS, images(3), half);
    ImageGrid grid = Objects.requireNonNull(snapshot.grid());
    assertThat(snapshot.labels()).containsExactly("[0]", "[1]");
    assertThat(grid.cellWidth()).isEqualTo(8 + ImageGrid.GAP + 8);
    assertThat(grid.picture().get(grid.left(0), grid.top(0))).isEqualTo(0x0a0a0a);
    assertThat(grid.picture().get(grid.left(0) + 12, grid.top(0))).isEqualTo(0xffffff);
    assertThat(grid.picture().get(grid.left(1), grid.top(1))).isEqualTo(0x141414);
    assertThat(grid.picture().get(grid.left(1) + 12, grid.top(1))).isZero();
  }

  @Test
  void shouldShowOneAndSaySoWhenThereIsNoPair() {
    Snapshot snapshot = of(PAIRS, images(1), Tensors.of(DType.INT32, new long[] {1}, 3));
    assertThat(snapshot.grid()).isNotNull();
    assertThat(snapshot.note()).startsWith("no second tensor of images");
  }

  @Test
  void shouldSayWhatIsExpectedWhenThereAreNoImages() {
    Snapshot snapshot = of(CLASSES, Tensors.zeros(DType.UINT8, 4, 4));
    assertThat(snapshot.grid()).isNull();
    assertThat(snapshot.labels()).isEmpty();
    assertThat(snapshot.note()).startsWith("no images in this batch (expected: ");
    assertThat(of(CLASSES).note()).startsWith("no images");
    Snapshot scalar = of(CLASSES, Tensors.of(DType.FLOAT32, new long[0], 3));
    assertThat(scalar.note()).startsWith("no images");
    assertThat(scalar.tensors().get(0).line()).isEqualTo("float32 () 3 3");
    ViewOptions one = new ViewOptions(Mode.IMGCLASS, true, 4, 8, ClassNames.NONE);
    assertThat(of(one, Tensors.zeros(DType.UINT8, 4, 4)).note()).isEmpty();
    assertThat(of(one, images(2)).note()).startsWith("no image in this batch");
  }

  @Test
  void shouldPrintPythonsLineWhenATensorIsDescribed() {
    assertThat(of(CLASSES, images(2), Tensors.of(DType.FLOAT32, new long[] {2}, 0.25, 7)).tensors())
        .map(Snapshot.TensorFigures::line)
        .containsExactly("uint8 (2, 8, 8, 3) 10 20", "float32 (2,) 0.25 7");
  }

  @Test
  void shouldTellEverythingWhenWrittenAsJson() {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    of(
            CLASSES,
            images(1),
            Tensors.of(DType.INT32, new long[] {1}, 3).info("cls"),
            Tensors.of(DType.FLOAT32, new long[] {0}))
        .addTo(object);
    assertThat(object.toString())
        .isEqualTo(
            "{\"note\":\"\",\"tensors\":["
                + "{\"dtype\":\"uint8\",\"info\":\"\",\"shape\":[1,8,8,3],\"elements\":192,"
                + "\"counted\":192,\"odd\":0,\"min\":10.0,\"max\":10.0,\"mean\":10.0,"
                + "\"bins\":[192]},"
                + "{\"dtype\":\"int32\",\"info\":\"cls\",\"shape\":[1],\"elements\":1,"
                + "\"counted\":1,\"odd\":0,\"min\":3.0,\"max\":3.0,\"mean\":3.0,\"bins\":[1]},"
                + "{\"dtype\":\"float32\",\"info\":\"\",\"shape\":[0],\"elements\":0,"
                + "\"counted\":0,\"odd\":0,\"min\":null,\"max\":null,\"mean\":null,\"bins\":[]}],"
                + "\"cellWidth\":8,\"cellHeight\":8,\"images\":["
                + "{\"label\":\"[0] class = 3\",\"left\":4,\"top\":4}]}");
  }
}
