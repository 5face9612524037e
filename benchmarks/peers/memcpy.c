// SPDX-License-Identifier: Apache-2.0
// For orientation: one core copies one batch from one buffer to another, again and again. usage: memcpy BATCHES BYTES
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
    if (argc < 3) return 2;
    long n = atol(argv[1]), bytes = atol(argv[2]);
    char *from = malloc(bytes), *to = malloc(bytes);
    memset(from, 1, bytes); memset(to, 2, bytes);
    for (long i = 0; i < n; i++) {
        memcpy(to, from, bytes);
        __asm__ volatile("" ::"r"(to) : "memory");  // or the compiler leaves all but one out
    }
    return to[bytes - 1] != 1;
}
