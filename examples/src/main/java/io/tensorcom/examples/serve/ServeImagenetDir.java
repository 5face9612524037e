// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.images.DirectorySource;
import io.tensorcom.examples.images.SkipLog;
import io.tensorcom.examples.log.ToolLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Serves batches of images from a folder of class folders. */
@Command(
    name = ServeImagenetDir.NAME,
    mixinStandardHelpOptions = true,
    description = "Serves batches of images from a folder with one folder per class.")
public final class ServeImagenetDir implements Callable<Integer> {
  static final String NAME = "serve-imagenet-dir";

  @Option(
      names = {"-d", "--dir"},
      paramLabel = "DIR",
      description = "the folder (default ./imagenet)")
  private Path directory = Path.of("imagenet");

  @Mixin private final ServeSettings settings = new ServeSettings();

  /** Makes the command; picocli fills it in. */
  public ServeImagenetDir() {}

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Cli.run(new ServeImagenetDir(), args));
  }

  @Override
  public Integer call() throws InterruptedException {
    settings.check();
    if (!Files.isDirectory(directory)) {
      throw new UserException(
          "no such folder: "
              + directory
              + " (expected: -d DIR, with one folder of images per class)");
    }
    SkipLog skips = new SkipLog(ToolLog.lines(System.err, NAME)::println);
    Long seed = settings.seed();
    if (seed == null && settings.shuffle()) {
      // Classes stand together in a folder: a buffer of 1,000 alone would not mix them.
      seed = new Random().nextLong();
    }
    DirectorySource source = new DirectorySource(directory, seed, skips);
    return new ImageServer(settings, source, skips, ToolLog.lines(System.out, NAME)).run(NAME);
  }
}
