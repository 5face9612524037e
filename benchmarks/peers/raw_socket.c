// SPDX-License-Identifier: Apache-2.0
// The limit: one batch after another through a raw socket, no protocol. The size of each write and read matters more than anything:
// on loopback TCP 1 MB writes with 128 kB reads moved about twice what whole-batch calls did (the copy stays in cache);
// a reader that is woken when all of its 1 MB is there is faster again.
// usage: raw_socket send|recv tcp:PORT|uds:PATH BATCHES CHUNK_BYTES [SNDBUF_BYTES [BATCH_BYTES [CONTENTS]]]   (SNDBUF 0: the system's; batch by default 96*224*224*3 + 96*4 bytes; as many buffers are sent in turn)
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
int main(int argc, char **argv) {
    int uds = argv[2][0] == 'u', one = 1, sb = argc > 5 ? atoi(argv[5]) : 0; long n = atol(argv[3]), chunk = atol(argv[4]), BYTES = argc > 6 ? atol(argv[6]) : 96L * 224 * 224 * 3 + 96 * 4;
    long contents = argc > 7 ? atol(argv[7]) : 1, room = (BYTES + 4095) / 4096 * 4096;
    char *all = aligned_alloc(4096, room * contents), *buf = all; memset(all, 1, room * contents);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(uds ? 0 : atoi(argv[2] + 4)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un u = {.sun_family = AF_UNIX}; if (uds) strcpy(u.sun_path, argv[2] + 4);
    void *ad = uds ? (void *)&u : (void *)&a; socklen_t al = uds ? sizeof u : sizeof a;
    int s = socket(uds ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    if (argv[1][0] == 's') {
        if (uds) unlink(u.sun_path); else setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(s, ad, al) || listen(s, 1)) { perror("bind"); return 1; }
        int c = accept(s, 0, 0); if (!uds) setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); if (sb) setsockopt(c, SOL_SOCKET, SO_SNDBUF, &sb, sizeof sb);
        for (long i = 0; i < n; i++) {
            buf = all + i % contents * room;
            for (long o = 0; o < BYTES;) { long k = BYTES - o; if (k > chunk) k = chunk; long w = write(c, buf + o, k); if (w <= 0) return 1; o += w; }
        }
        close(c);
    } else {
        int low = chunk; if (!uds) setsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low); // woken once for each read
        for (int t = 0; t < 100 && connect(s, ad, al); t++) usleep(50000);
        double t0 = 0; long mark = getenv("MARK_AT") ? atol(getenv("MARK_AT")) : -1;
        for (long i = 0; i < n; i++) {
            for (long o = 0; o < BYTES;) { long k = BYTES - o; if (k > chunk) k = chunk; long r = read(s, buf + o, k); if (r <= 0) return 1; o += r; }
            if (i == 9) t0 = now();
            if (mark > 0 && (i + 1 == mark || i + 1 == n)) { puts("mark"); fflush(stdout); }
        }
        printf("%.3f GB/s\n", (n - 10) * (double)BYTES / (now() - t0) / 1e9);
    }
}
