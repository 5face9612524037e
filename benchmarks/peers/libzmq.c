// SPDX-License-Identifier: Apache-2.0
// libzmq with zero-copy send (zmq_msg_init_data). usage: libzmq push|pull|pub|sub ENDPOINT MESSAGES [IMAGES SIDE [SUBSCRIBERS]]
// With SUBSCRIBERS, pub awaits so many and then drops nothing: it waits for the slowest.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static void nofree(void *d, void *h) { (void)d; (void)h; }
int main(int argc, char **argv) {
    if (argc < 4) return 2;
    long images = argc > 5 ? atol(argv[4]) : 96, side = argc > 5 ? atol(argv[5]) : 224, IMG = images * side * side * 3, LAB = images * 4;
    long n = atol(argv[3]); void *ctx = zmq_ctx_new(); int hwm = IMG < 1 << 18 ? (1 << 20) / IMG : 4, linger = -1; // a mebibyte, as ours queues
    int send = !strcmp(argv[1], "push") || !strcmp(argv[1], "pub");
    int type = !strcmp(argv[1], "push") ? ZMQ_PUSH : !strcmp(argv[1], "pull") ? ZMQ_PULL : !strcmp(argv[1], "pub") ? ZMQ_XPUB : ZMQ_SUB;
    int subscribers = argc > 6 ? atoi(argv[6]) : 0, nodrop = subscribers > 0;
    void *s = zmq_socket(ctx, type);
    zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof hwm); zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm); zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    char *img = malloc(IMG); memset(img, 1, IMG); char *lab = calloc(images, 4); long h[7] = {0}, g[4] = {0};
    // Headers as tenbin has them, so that any receiver can be on the other side.
    memcpy(h, "u1", 2); h[2] = 4; h[3] = images; h[4] = side; h[5] = side; h[6] = 3; memcpy(g, "i4", 2); g[2] = 1; g[3] = images;
    if (send) {
        if (nodrop) { zmq_setsockopt(s, ZMQ_XPUB_NODROP, &nodrop, sizeof nodrop); zmq_setsockopt(s, ZMQ_XPUB_VERBOSE, &nodrop, sizeof nodrop); }
        assert(!zmq_bind(s, argv[2]));
        for (int i = 0; i < subscribers; i++) { char told[16]; assert(zmq_recv(s, told, sizeof told, 0) == 1 && told[0] == 1); }
        for (long i = 0; i < n; i++) {
            zmq_msg_t m;
            zmq_send(s, h, 56, ZMQ_SNDMORE);
            zmq_msg_init_data(&m, img, IMG, nofree, 0); zmq_msg_send(&m, s, ZMQ_SNDMORE);
            zmq_send(s, g, 32, ZMQ_SNDMORE); zmq_send(s, lab, LAB, 0);
        }
        zmq_close(s); zmq_ctx_term(ctx);
    } else {
        assert(!zmq_connect(s, argv[2])); if (type == ZMQ_SUB) zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0);
        int a, b, c; zmq_version(&a, &b, &c); printf("mode: libzmq %d.%d.%d, zero-copy send, high-water mark %d\n", a, b, c, hwm); fflush(stdout);
        double t0 = 0; long got = 0, mark = getenv("MARK_AT") ? atol(getenv("MARK_AT")) : -1;
        for (long i = 0; i < n; i++) {
            int more = 1; zmq_msg_t m; size_t sz = sizeof more;
            while (more) { zmq_msg_init(&m); zmq_msg_recv(&m, s, 0); if (i >= 10) got += zmq_msg_size(&m); zmq_getsockopt(s, ZMQ_RCVMORE, &more, &sz); zmq_msg_close(&m); }
            if (i == 9) t0 = now();
            if (mark > 0 && (i + 1 == mark || i + 1 == n)) { puts("mark"); fflush(stdout); }
        }
        printf("%.3f GB/s\n", got / (now() - t0) / 1e9); fflush(stdout); _exit(0);
    }
}
