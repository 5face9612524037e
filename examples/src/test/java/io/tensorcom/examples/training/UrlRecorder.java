// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.Proxy;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.util.Arrays;
import java.util.Set;

/**
 * The main class of another JVM, before that of a tool: each URL that is not of this machine is
 * written down and not opened. DJL fetches and tells everything by URLs.
 */
final class UrlRecorder {
  /** What a line begins with that names such a URL. */
  static final String OPENED = "url opened: ";

  private static final Set<String> LOCAL = Set.of("file", "jar", "jrt");

  private UrlRecorder() {}

  /** Runs the main class that is the first argument, with the others. */
  public static void main(String[] args) throws ReflectiveOperationException {
    URL.setURLStreamHandlerFactory(protocol -> LOCAL.contains(protocol) ? null : new Refusing());
    Runtime.getRuntime().addShutdownHook(new Thread(UrlRecorder::printSettings));
    Method main = Class.forName(args[0]).getMethod("main", String[].class);
    main.setAccessible(true);
    main.invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
  }

  private static void printSettings() {
    for (String name : new String[] {"ai.djl.offline", "OPT_OUT_TRACKING"}) {
      System.out.println(name + "=" + System.getProperty(name));
    }
  }

  private static final class Refusing extends URLStreamHandler {
    @Override
    protected URLConnection openConnection(URL url) throws IOException {
      System.out.println(OPENED + url);
      throw new IOException("not opened: " + url);
    }

    @Override
    protected URLConnection openConnection(URL url, Proxy proxy) throws IOException {
      return openConnection(url);
    }
  }
}
