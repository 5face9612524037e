// SPDX-License-Identifier: Apache-2.0
// Blocking NIO sockets with direct buffers: what Java itself can do. usage: NioRaw send|recv tcp:PORT|uds:PATH BATCHES  (-Dw=WRITE_BYTES -Dr=READ_BYTES -Dskip=BATCHES)
import java.net.*; import java.nio.*; import java.nio.channels.*; import java.nio.file.*;

public class NioRaw {
    static int SKIP = Integer.getInteger("skip", 10), W = Integer.getInteger("w", 1 << 20), R = Integer.getInteger("r", 1 << 17);
    static final int BYTES = 96 * 224 * 224 * 3 + 96 * 4;
    public static void main(String[] a) throws Exception {
        int n = Integer.parseInt(a[2]); boolean uds = a[1].startsWith("uds:"); String where = a[1].substring(4);
        SocketAddress addr = uds ? UnixDomainSocketAddress.of(where) : new InetSocketAddress("127.0.0.1", Integer.parseInt(where));
        StandardProtocolFamily f = uds ? StandardProtocolFamily.UNIX : StandardProtocolFamily.INET;
        ByteBuffer b = ByteBuffer.allocateDirect(BYTES);
        if (a[0].equals("send")) {
            if (uds) Files.deleteIfExists(Path.of(where));
            ServerSocketChannel ss = ServerSocketChannel.open(f); ss.bind(addr);
            SocketChannel c = ss.accept();
            for (int i = 0; i < n; i++) { b.clear(); while (b.position() < BYTES) { b.limit(Math.min(BYTES, b.position() + W)); c.write(b); } }
            c.close();
        } else {
            SocketChannel c = null;
            for (int t = 0; t < 100 && c == null; t++) try { c = SocketChannel.open(f); c.connect(addr); } catch (Exception e) { c.close(); c = null; Thread.sleep(50); }
            long t0 = 0; int mark = Integer.parseInt(System.getenv().getOrDefault("MARK_AT", "-1"));
            for (int i = 0; i < n; i++) { b.clear(); while (b.position() < BYTES) { b.limit(Math.min(BYTES, b.position() + R)); if (c.read(b) < 0) throw new RuntimeException("eof"); } if (i == SKIP - 1) t0 = System.nanoTime(); if (mark > 0 && (i + 1 == mark || i + 1 == n)) { System.out.println("mark"); System.out.flush(); } }
            System.out.printf("%.3f GB/s%n", (n - SKIP) * (double) BYTES / (System.nanoTime() - t0));
        }
    }
}
