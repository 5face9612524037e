// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.BraceExpansion;
import io.tensorcom.examples.cli.UserException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One tar archive of samples: a file, {@code file:}, {@code http:} or {@code https:}, {@code
 * pipe:COMMAND}, or {@code -} for standard input. Immutable.
 *
 * @param name as it was given, after brace expansion
 */
public record Shard(String name) {
  /** How long a server may take to connect and to begin its answer. */
  private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(60);

  /**
   * Expands braces and checks that files are there.
   *
   * @throws UserException if a file cannot be read
   */
  public static List<Shard> parse(String pattern) {
    List<Shard> shards = new ArrayList<>();
    for (String name : BraceExpansion.expand(pattern)) {
      Shard shard = new Shard(name);
      if (shard.isFile() && (!Files.isReadable(shard.path()) || Files.isDirectory(shard.path()))) {
        throw new UserException("no readable shard: shard=" + name);
      }
      shards.add(shard);
    }
    return shards;
  }

  private boolean isFile() {
    String lower = name.toLowerCase(Locale.ROOT);
    return !isStandardInput()
        && !lower.startsWith("http:")
        && !lower.startsWith("https:")
        && !lower.startsWith("pipe:");
  }

  /** {@return whether the shard can be read only once} */
  public boolean isStandardInput() {
    return name.equals("-");
  }

  private Path path() {
    return Path.of(name.startsWith("file:") ? name.replaceFirst("^file:(//)?", "") : name);
  }

  /** Opens the archive as it is stored, possibly compressed. */
  InputStream open() throws IOException, InterruptedException {
    if (isStandardInput()) {
      return System.in;
    }
    if (name.startsWith("pipe:")) {
      return pipe(name.substring("pipe:".length()));
    }
    return isFile() ? Files.newInputStream(path()) : http();
  }

  private InputStream http() throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(name)).timeout(HTTP_TIMEOUT).build();
    HttpResponse<InputStream> response =
        HttpClient.newBuilder()
            .connectTimeout(HTTP_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build()
            .send(request, HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      response.body().close();
      throw new IOException("status " + response.statusCode());
    }
    return new StallGuard(response.body(), HTTP_TIMEOUT);
  }

  private static InputStream pipe(String command) throws IOException {
    Process process =
        new ProcessBuilder("sh", "-c", command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return new FilterInputStream(process.getInputStream()) {
      private boolean ended;

      @Override
      public int read() throws IOException {
        return checked(super.read());
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        return checked(super.read(buffer, offset, length));
      }

      private int checked(int count) throws IOException {
        if (count < 0 && !ended) {
          ended = true;
          int code = process.onExit().join().exitValue();
          if (code != 0) {
            throw new IOException("the command ended with exit code " + code);
          }
        }
        return count;
      }

      @Override
      public void close() throws IOException {
        process.destroy();
        super.close();
      }
    };
  }
}
