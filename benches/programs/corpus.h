/* Text for compressors: words of a small language, with names, numbers and lines that come again. */
#ifndef CORPUS_H
#define CORPUS_H
#include "bench.h"

static inline size_t make_corpus(uint8_t *out, size_t length, uint32_t seed) {
    static const char *syllables[] = {"ka", "ter", "o", "min", "la", "us", "en", "dri", "ve", "on", "sta", "pel", "i", "qua", "ron", "fe"};
    uint32_t state = seed;
    size_t at = 0, line = 0;
    while (at + 128 < length) {
        uint32_t random = next_random(&state);
        if (random % 61 == 0 && at > 4096) {
            size_t from = at - 64 - (random >> 8) % 4000, count = 20 + (random >> 20) % 80;
            memmove(out + at, out + from, count < at - from ? count : at - from);
            at += count < at - from ? count : at - from;
            continue;
        }
        if (random % 17 == 0) {
            at += (size_t)sprintf((char *)out + at, "%u", random >> 12);
        } else {
            uint32_t word = random & random >> 3;
            for (uint32_t i = 0; i <= (random >> 28) % 3; i++, word >>= 4) {
                const char *syllable = syllables[word & 15];
                size_t count = strlen(syllable);
                memcpy(out + at, syllable, count);
                at += count;
            }
        }
        out[at++] = at - line > 72 ? '\n' : ' ';
        if (out[at - 1] == '\n') line = at;
    }
    return at;
}
#endif
