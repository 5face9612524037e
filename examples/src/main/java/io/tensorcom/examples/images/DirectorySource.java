// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.examples.cli.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A folder of class folders of images; classes are numbered in the order of their names. */
public final class DirectorySource implements SampleSource {
  private record File(Path path, int label) {}

  private final Path directory;
  private final List<File> files = new ArrayList<>();
  private final @Nullable Long seed;
  private final SkipLog skips;

  /**
   * Lists the files; with a seed they are shuffled for each pass.
   *
   * @throws UserException if there are no class folders
   */
  public DirectorySource(Path directory, @Nullable Long seed, SkipLog skips) {
    this.directory = directory;
    this.seed = seed;
    this.skips = skips;
    int label = 0;
    for (Path folder : children(directory)) {
      if (Files.isDirectory(folder)) {
        for (Path file : children(folder)) {
          String name = file.toString().toLowerCase(Locale.ROOT);
          if (name.matches(".*\\.(png|jpe?g|ppm)")) {
            files.add(new File(file, label));
          }
        }
        label++;
      }
    }
    if (files.isEmpty()) {
      throw new UserException(
          "no images: directory="
              + directory
              + " (expected: one folder per class, with .png, .jpg, .jpeg or .ppm files)");
    }
  }

  private static List<Path> children(Path directory) {
    try (Stream<Path> list = Files.list(directory)) {
      return list.sorted().toList();
    } catch (IOException e) {
      throw new UserException("cannot list folder: directory=" + directory, e);
    }
  }

  @Override
  public SampleStream openPass(int pass) {
    List<File> order = new ArrayList<>(files);
    if (seed != null) {
      Collections.shuffle(order, new Random(seed + pass));
    }
    Iterator<File> iterator = order.iterator();
    return new SampleStream() {
      @Override
      public @Nullable EncodedSample next() {
        while (iterator.hasNext()) {
          File file = iterator.next();
          try {
            return new EncodedSample(
                file.path.toString(), Files.readAllBytes(file.path), file.label);
          } catch (IOException e) {
            skips.skip(file.path.toString(), String.valueOf(e.getMessage()));
          }
        }
        return null;
      }

      @Override
      public void close() {
        // Nothing stays open between two files.
      }
    };
  }

  @Override
  public boolean isRepeatable() {
    return true;
  }

  @Override
  public String describe() {
    return "folder " + directory;
  }
}
