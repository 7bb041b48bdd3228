/* What every program of the table shares: its size argument, numbers that look random, and the line it prints. */
#ifndef BENCH_H
#define BENCH_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kernels are called, not merged with `main`: how often they run must stay unknown to them. */
#define KERNEL __attribute__((noinline))

static inline int size_argument(int argc, char **argv, int otherwise) { return argc > 1 ? atoi(argv[1]) : otherwise; }

/* Marsaglia's xorshift. */
static inline uint32_t next_random(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* Bytes into a checksum: FNV-1a, eight bytes at a time, so that large results cost little. */
static inline uint64_t mix(uint64_t sum, const void *data, size_t length) {
    const unsigned char *bytes = (const unsigned char *)data;
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        sum = (sum ^ word) * 0x100000001b3u;
        sum ^= sum >> 29;
    }
    for (; length > 0; bytes++, length--) sum = (sum ^ *bytes) * 0x100000001b3u;
    return sum;
}
#define MIX_START 0xcbf29ce484222325u

/* The one line of output, which must be the same whoever compiled the program. */
static inline int print_checksum(uint64_t sum) {
    printf("checksum %016llx\n", (unsigned long long)sum);
    return 0;
}
#endif
