// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.BraceExpansion;
import io.tensorcom.examples.cli.UserException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
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

  private static final int TIMED_OUT = 408;
  private static final int TOO_MANY = 429;

  /** A command's exit code is this and the signal that ended it. */
  private static final int ENDED_BY_SIGNAL = 128;

  /** How long our own shutdown takes to begin at most after a signal. */
  private static final Duration SIGNAL_GRACE = Duration.ofSeconds(1);

  /** A server said that there is no such shard for us. */
  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(int status) {
      super("status " + status);
    }
  }

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
    return !isStandardInput() && !isHttp() && !lower.startsWith("pipe:");
  }

  /** {@return whether the shard can be read only once} */
  public boolean isStandardInput() {
    return name.equals("-");
  }

  private boolean isHttp() {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.startsWith("http:") || lower.startsWith("https:");
  }

  /** {@return whether another attempt to open the shard may succeed} */
  boolean mayBeThereLater(Exception failure) {
    return isHttp() && failure instanceof IOException && !(failure instanceof RefusedException);
  }

  private Path path() {
    if (!name.startsWith("file:")) {
      return Path.of(name);
    }
    String path = name.replaceFirst("^file:(//)?", "");
    try {
      return path.startsWith("/") ? Path.of(URI.create("file:" + path)) : Path.of(path);
    } catch (IllegalArgumentException e) {
      // Not a URL's way to write a path: taken as it stands.
      return Path.of(path);
    }
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
      int status = response.statusCode();
      boolean forGood = status < 500 && status != TIMED_OUT && status != TOO_MANY;
      throw forGood ? new RefusedException(status) : new IOException("status " + status);
    }
    return new StallGuard(response.body(), HTTP_TIMEOUT);
  }

  /**
   * A signal to the whole process group ends commands, too; then there is nothing to report. Waits
   * as long as the signal may be under way to us: that it comes ends this process, and that it will
   * not come nothing tells.
   */
  private static void awaitOurOwnSignal() throws IOException {
    try {
      Thread.sleep(SIGNAL_GRACE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
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
          if (code > ENDED_BY_SIGNAL) {
            awaitOurOwnSignal();
          }
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
