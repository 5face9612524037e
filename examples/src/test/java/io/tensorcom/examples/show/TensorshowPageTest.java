// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, of a real stream: what its pixels are. */
@Timeout(300)
@EnabledIf("io.tensorcom.examples.show.Chromium#isAvailable")
final class TensorshowPageTest {
  private static final int SIDE = 16;
  private static final int CELL = 64;
  private static final String NAME = "<img src=//evil.example/x> & co";

  private final Path folder;
  private final Chromium browser;
  private final TensorSender sender = TensorSender.open("zpub://127.0.0.1:0?drain=0s");
  private final ScheduledExecutorService sending = Executors.newSingleThreadScheduledExecutor();
  private volatile Supplier<TensorBatch> next = () -> TensorBatch.of(halves(0, 0));

  TensorshowPageTest(@TempDir Path folder) throws Exception {
    this.folder = folder;
    this.browser = Chromium.start(folder);
  }

  @AfterEach
  void closeBrowser() {
    browser.close();
  }

  /** Images whose left halves have the first color and whose right halves the second. */
  private static Tensor halves(int... colors) {
    int images = colors.length / 2;
    double[] values = new double[images * SIDE * SIDE * 3];
    for (int i = 0; i < values.length; i++) {
      int pixel = i / 3;
      int color = colors[2 * (pixel / (SIDE * SIDE)) + (pixel % SIDE < SIDE / 2 ? 0 : 1)];
      values[i] = (color >> (8 * (2 - i % 3))) & 0xff;
    }
    return Tensors.of(DType.UINT8, new long[] {images, SIDE, SIDE, 3}, values);
  }

  /** Runs the tool in a process of its own, opens its page, and looks. */
  private void show(Look look, String... args) throws Exception {
    var unused = sending.scheduleWithFixedDelay(this::send, 0, 50, TimeUnit.MILLISECONDS);
    String url = sender.boundEndpoints().get(0).replace("tcp", "zsub");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Tensorshow.class.getName(),
            "--page-port=0",
            "--cell=" + CELL,
            url);
    builder.command().addAll(List.of(args));
    Process tool = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader out = tool.inputReader(StandardCharsets.UTF_8)) {
      String line = out.readLine();
      assertThat(line).startsWith("page at http://127.0.0.1:");
      String page = line.substring("page at ".length());
      browser.open(page);
      look.at(page);
      assertThat(browser.complaints()).isEmpty();
      assertThat(browser.requests()).isNotEmpty().allMatch(request -> request.startsWith(page));
    } finally {
      tool.destroy();
      sending.shutdownNow();
      assertThat(sending.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
      sender.close();
      assertThat(tool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private interface Look {
    void at(String page) throws Exception;
  }

  private void send() {
    try (TensorBatch batch = next.get()) {
      sender.send(batch, Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int pixel(BufferedImage image, JsonNode place, double x, double y) {
    return image.getRGB(
            (int) Math.round(place.path("left").asDouble() + x),
            (int) Math.round(place.path("top").asDouble() + y))
        & 0xffffff;
  }

  private JsonNode places(String selector) throws Exception {
    return browser.evaluate(
        "[...document.querySelectorAll('"
            + selector
            + "')].map(each => ({left: each.getBoundingClientRect().left,"
            + " top: each.getBoundingClientRect().top}))");
  }

  private String text(String selector) throws Exception {
    return browser.evaluate("document.querySelector('" + selector + "').innerText").asText();
  }

  @Test
  void shouldShowTheColorsAndNamesOfABatchWhenItsPageIsOpened() throws Exception {
    Path names = Files.writeString(folder.resolve("classes.json"), "[\"" + NAME + "\", \"two\"]");
    int[] colors = {0xff0000, 0x00ff00, 0x0000ff, 0x123456, 0xfedcba, 0x808080};
    next =
        () ->
            TensorBatch.of(
                halves(colors), Tensors.of(DType.INT32, new long[] {3}, 1, 0, 7).info("cls"));
    show(
        page -> {
          browser.await("document.querySelectorAll('#images canvas').length === 3");
          BufferedImage screen = browser.screenshot();
          JsonNode places = places("#images canvas");
          for (int i = 0; i < 3; i++) {
            assertThat(pixel(screen, places.get(i), 1, 1)).isEqualTo(colors[2 * i]);
            assertThat(pixel(screen, places.get(i), 30, 62)).isEqualTo(colors[2 * i]);
            assertThat(pixel(screen, places.get(i), 33, 1)).isEqualTo(colors[2 * i + 1]);
            assertThat(pixel(screen, places.get(i), 62, 62)).isEqualTo(colors[2 * i + 1]);
          }
          assertThat(text("#images").lines().filter(line -> !line.isBlank()))
              .containsExactly("[0] class = two", "[1] class = " + NAME, "[2] class = 7");
          assertThat(text("#tensors"))
              .contains("uint8 [3, 16, 16, 3]", "int32 [3] cls", "0.000 … 255.0");
          // The greatest class has a bin of its own, the last.
          JsonNode histogram = places("#tensors canvas").get(1);
          assertThat(pixel(screen, histogram, 240, 78)).isEqualTo(0x4488cc);
          assertThat(pixel(screen, histogram, 128, 78)).isNotEqualTo(0x4488cc);
          browser.await("parseFloat(document.querySelector('#rate').innerText) > 0");
          assertThat(text("#servers")).contains("127.0.0.1:").contains("connected");
          assertThat(text("#batch")).contains("of stream").contains("epoch 0");
          assertThat(text("#state") + text("#note")).isEmpty();
        },
        "-C",
        names.toString());
  }

  @Test
  void shouldFollowTheStreamWhenBatchesChange() throws Exception {
    next = () -> TensorBatch.of(halves(0xff0000, 0x00ff00));
    show(
        page -> {
          String corner =
              "[...document.querySelector('#images canvas').getContext('2d')"
                  + ".getImageData(0, 0, 1, 1).data].slice(0, 3).join()";
          browser.await("document.querySelector('#images canvas') && " + corner + " === '255,0,0'");
          next = () -> TensorBatch.of(halves(0x010203, 0x00ff00));
          browser.await(corner + " === '1,2,3'");
          double huge = Double.MAX_VALUE;
          next =
              () ->
                  TensorBatch.of(
                      Tensors.of(DType.FLOAT64, new long[] {2, 2}, huge, huge, huge, Double.NaN));
          browser.await("document.querySelector('#note').innerText !== ''");
          assertThat(text("#note")).startsWith("no images in this batch");
          assertThat(text("#images")).isEmpty();
          browser.await("document.querySelector('#tensors').innerText.includes('mean 1.798e+308')");
          assertThat(text("#tensors")).contains("float64 [2, 2]", "1 infinite or not a number");
          assertThat(text("#state")).isEmpty();
          next = () -> TensorBatch.of(halves(0x0a0b0c, 0x00ff00));
          browser.await(
              "document.querySelector('#images canvas') && " + corner + " === '10,11,12'");
          assertThat(text("#note")).isEmpty();
        });
  }

  @Test
  void shouldShowInputAndOutputSideBySideWhenAskedForPairs() throws Exception {
    next =
        () ->
            TensorBatch.of(
                halves(0xff0000, 0x00ff00),
                Tensors.of(DType.FLOAT32, new long[] {1, 1, 1, 2}, 0.2, 1));
    show(
        page -> {
          browser.await("document.querySelectorAll('#images canvas').length === 1");
          BufferedImage screen = browser.screenshot();
          JsonNode place = places("#images canvas").get(0);
          assertThat(pixel(screen, place, 1, 1)).isEqualTo(0xff0000);
          assertThat(pixel(screen, place, CELL - 1, 1)).isEqualTo(0x00ff00);
          assertThat(pixel(screen, place, CELL + ImageGrid.GAP + 1, 1)).isEqualTo(0x333333);
          assertThat(pixel(screen, place, CELL + ImageGrid.GAP + 62, 1)).isEqualTo(0xffffff);
        },
        "-m",
        "img2img");
  }
}
