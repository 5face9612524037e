// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.ExamplesHome;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.images.ServerPart;
import io.tensorcom.examples.images.Shard;
import io.tensorcom.examples.images.ShardSource;
import io.tensorcom.examples.images.SkipLog;
import io.tensorcom.examples.log.ToolLog;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Serves batches of images from WebDataset shards. */
@Command(
    name = ServeImagenetShards.NAME,
    mixinStandardHelpOptions = true,
    description = "Serves batches of images from tar shards: uint8 NHWC images and int32 classes.")
public final class ServeImagenetShards implements Callable<Integer> {
  static final String NAME = "serve-imagenet-shards";

  @Option(
      names = {"-u", "--shards"},
      paramLabel = "SHARDS",
      description =
          "files, file:, http(s):, pipe:COMMAND or - (standard input); braces are expanded (quote them)"
              + " (default: the Fashion-MNIST training shards)")
  private @Nullable String shards;

  @Option(names = "--shard-index", paramLabel = "I", description = "this server, from 0")
  private @Nullable Integer shardIndex;

  @Option(names = "--shard-count", paramLabel = "N", description = "servers that share the shards")
  private @Nullable Integer shardCount;

  @Mixin private final ServeSettings settings = new ServeSettings();

  /** Makes the command; picocli fills it in. */
  public ServeImagenetShards() {}

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Cli.run(new ServeImagenetShards(), args));
  }

  @Override
  public Integer call() throws InterruptedException {
    settings.check();
    ServerPart part = ServerPart.of(shardIndex, shardCount, System.getenv());
    List<Shard> list = Shard.parse(shards != null ? shards : ExamplesHome.trainingShards());
    if (list.stream().anyMatch(Shard::isStandardInput) && settings.senders() > 1) {
      throw new UserException("standard input (-u -) serves one URL and one pipeline only");
    }
    if (list.stream().anyMatch(Shard::isStandardInput) && settings.epochs() > 1) {
      throw new UserException("standard input (-u -) can be read once: --epochs 1");
    }
    SkipLog skips = new SkipLog(ToolLog.lines(System.err, NAME)::println);
    ShardSource source = new ShardSource(list, part, settings.seed(), skips);
    return new ImageServer(settings, source, skips, ToolLog.lines(System.out, NAME)).run(NAME);
  }
}
