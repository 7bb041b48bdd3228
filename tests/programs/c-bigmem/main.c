// Memory growth: hundreds of megabytes by malloc and realloc, written and read back; what is refused comes back as NULL.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A little less than a power of two, which is what this libc rounds up to.
enum { MEGA = 1 << 20, STEP = 4096, BLOCK = 4 * MEGA - STEP };

static void stamp(unsigned char *block, size_t bytes, uint32_t seed) {
    for (size_t i = 0; i < bytes; i += STEP) memcpy(block + i, &(uint32_t){seed + (uint32_t)i}, 4);
}

static size_t wrong(const unsigned char *block, size_t bytes, uint32_t seed) {
    size_t count = 0;
    for (size_t i = 0; i < bytes; i += STEP) {
        uint32_t value;
        memcpy(&value, block + i, 4);
        count += value != seed + (uint32_t)i || block[i + 8] != 0;
    }
    return count;
}

int main(int argc, char **argv) {
    size_t megabytes = argc > 1 ? (size_t)atoi(argv[1]) : 64, held = 0, errors = 0;
    unsigned char *blocks[512];
    size_t count = 0;
    while (count < megabytes / 4 && count < 512) {
        unsigned char *block = calloc(BLOCK / 4, 4);
        if (!block) break;
        stamp(block, BLOCK, (uint32_t)count * 7919);
        blocks[count++] = block;
        held += 4;
    }
    for (size_t i = 0; i < count; i++) errors += wrong(blocks[i], BLOCK, (uint32_t)i * 7919);
    printf("held %zu MB of %zu, %zu errors\n", held, megabytes, errors);
    for (size_t i = 0; i < count; i++) free(blocks[i]);

    // What was freed is used again: growth ends.
    size_t before = __builtin_wasm_memory_size(0);
    for (size_t i = 0; i < count; i++) {
        unsigned char *block = blocks[i] = malloc(BLOCK);
        if (!block) return puts("no room again"), 1;
        memset(block, 0, BLOCK);
        stamp(block, BLOCK, (uint32_t)~i);
    }
    for (size_t i = 0; i < count; i++) errors += wrong(blocks[i], BLOCK, (uint32_t)~i);
    printf("reused %s, %zu errors\n", __builtin_wasm_memory_size(0) == before ? "all" : "not all", errors);

    char *text = NULL;
    size_t length = 0;
    for (size_t size = 1; size <= 16 * MEGA; size *= 3) {
        text = realloc(text, size);
        if (!text) return puts("realloc failed"), 1;
        memset(text + length, 'a' + (int)(length % 26), size - length);
        length = size;
    }
    unsigned hash = 0;
    for (size_t i = 0; i < length; i += 101) hash = hash * 33 + (unsigned char)text[i];
    printf("grown text %zu %08x\n", length, hash);
    void *volatile too_much = malloc(0xf0000000u);
    printf("too much: %s\n", too_much ? "given" : "refused");
    return errors != 0;
}
