// A compressor: LZ77 with hash chains, then canonical Huffman codes. `c` and `d` work on standard streams, `t` checks that
// generated inputs survive the round trip.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 << 15, MIN_MATCH = 3, MAX_MATCH = 258, HASH_BITS = 13, SYMBOLS = 256 + 32, MAX_CODE = 15 };

typedef struct {
    uint8_t *data;
    size_t length, capacity;
    uint32_t bits;
    int bit_count;
} Buffer;

static void put_byte(Buffer *b, int byte) {
    if (b->length == b->capacity) b->data = realloc(b->data, b->capacity = b->capacity ? b->capacity * 2 : 256);
    b->data[b->length++] = (uint8_t)byte;
}

static void put_bits(Buffer *b, uint32_t value, int count) {
    for (int i = count - 1; i >= 0; i--) {
        b->bits = b->bits << 1 | (value >> i & 1);
        if (++b->bit_count == 8) put_byte(b, (int)(b->bits & 255)), b->bit_count = 0;
    }
}

static void flush_bits(Buffer *b) {
    while (b->bit_count) put_bits(b, 0, 1);
}

typedef struct {
    const uint8_t *data;
    size_t length, position;
    int bit;
} Reader;

static int get_bit(Reader *r) {
    if (r->position >= r->length) return -1;
    int bit = r->data[r->position] >> (7 - r->bit) & 1;
    if (++r->bit == 8) r->bit = 0, r->position++;
    return bit;
}

static int64_t get_bits(Reader *r, int count) {
    int64_t value = 0;
    while (count--) {
        int bit = get_bit(r);
        if (bit < 0) return -1;
        value = value << 1 | bit;
    }
    return value;
}

// A match is one symbol for the logarithm of its length, extra bits of the length, then 15 bits of distance.
typedef struct {
    uint16_t symbol, extra, extra_bits, distance;
} Token;

static int log2_of(unsigned value) {
    int result = 0;
    while (value >>= 1) result++;
    return result;
}

static size_t tokenize(const uint8_t *in, size_t length, Token *out) {
    int32_t *head = malloc(sizeof(int32_t) << HASH_BITS), *chain = malloc(sizeof(int32_t) * WINDOW);
    for (int i = 0; i < 1 << HASH_BITS; i++) head[i] = -1;
    size_t count = 0;
    for (size_t at = 0; at < length;) {
        size_t best = 0, best_distance = 0;
        if (at + MIN_MATCH <= length) {
            unsigned hash = (in[at] * 2654435761u ^ in[at + 1] * 40503u ^ in[at + 2] * 97u) & ((1 << HASH_BITS) - 1);
            int tries = 64;
            for (int32_t candidate = head[hash]; candidate >= 0 && tries--; candidate = chain[candidate % WINDOW]) {
                size_t distance = at - (size_t)candidate, match = 0;
                if (distance >= WINDOW) break;
                while (match < MAX_MATCH && at + match < length && in[(size_t)candidate + match] == in[at + match]) match++;
                if (match > best) best = match, best_distance = distance;
            }
        }
        size_t step = best >= MIN_MATCH ? best : 1;
        if (step > 1) {
            unsigned shifted = (unsigned)(best - MIN_MATCH + 1);
            int bits = log2_of(shifted);
            out[count++] = (Token){(uint16_t)(256 + bits), (uint16_t)(shifted - (1u << bits)), (uint16_t)bits,
                                   (uint16_t)best_distance};
        } else {
            out[count++] = (Token){in[at], 0, 0, 0};
        }
        for (; step--; at++) {
            if (at + MIN_MATCH > length) continue;
            unsigned hash = (in[at] * 2654435761u ^ in[at + 1] * 40503u ^ in[at + 2] * 97u) & ((1 << HASH_BITS) - 1);
            chain[at % WINDOW] = head[hash];
            head[hash] = (int32_t)at;
        }
    }
    free(head), free(chain);
    return count;
}

// Code lengths by repeated merging; weights are flattened until no code is longer than MAX_CODE.
static void code_lengths(const uint32_t *counts, uint8_t *lengths) {
    uint32_t weights[SYMBOLS];
    memcpy(weights, counts, sizeof weights);
    for (;;) {
        uint64_t weight[SYMBOLS * 2];
        int parent[SYMBOLS * 2], nodes = SYMBOLS, alive[SYMBOLS], living = 0, longest = 0;
        for (int i = 0; i < SYMBOLS; i++) {
            weight[i] = weights[i], parent[i] = -1;
            if (weights[i]) alive[living++] = i;
        }
        while (living > 1) {
            int low[2];
            for (int k = 0; k < 2; k++) {
                int best = 0;
                for (int i = 1; i < living; i++)
                    if (weight[alive[i]] < weight[alive[best]]) best = i;
                low[k] = alive[best], alive[best] = alive[--living];
            }
            weight[nodes] = weight[low[0]] + weight[low[1]];
            parent[nodes] = -1, parent[low[0]] = parent[low[1]] = nodes;
            alive[living++] = nodes++;
        }
        for (int i = 0; i < SYMBOLS; i++) {
            int depth = 0;
            for (int at = i; weights[i] && parent[at] >= 0; at = parent[at]) depth++;
            lengths[i] = (uint8_t)(weights[i] && !depth ? 1 : depth);
            if (depth > longest) longest = depth;
        }
        if (longest <= MAX_CODE) return;
        for (int i = 0; i < SYMBOLS; i++) weights[i] = weights[i] ? weights[i] / 2 + 1 : 0;
    }
}

static void codes_of(const uint8_t *lengths, uint16_t *codes) {
    unsigned code = 0;
    for (int length = 1; length <= MAX_CODE; length++, code <<= 1)
        for (int i = 0; i < SYMBOLS; i++)
            if (lengths[i] == length) codes[i] = (uint16_t)code++;
}

static Buffer compress(const uint8_t *in, size_t length) {
    Token *tokens = malloc((length + 1) * sizeof *tokens);
    size_t count = tokenize(in, length, tokens);
    uint32_t counts[SYMBOLS] = {0};
    for (size_t i = 0; i < count; i++) counts[tokens[i].symbol]++;
    uint8_t lengths[SYMBOLS];
    uint16_t codes[SYMBOLS];
    code_lengths(counts, lengths), codes_of(lengths, codes);
    Buffer out = {0};
    put_bits(&out, 0x4c5a, 16), put_bits(&out, (uint32_t)length, 32), put_bits(&out, (uint32_t)count, 32);
    for (int i = 0; i < SYMBOLS; i++) put_bits(&out, lengths[i], 4);
    for (size_t i = 0; i < count; i++) {
        Token t = tokens[i];
        put_bits(&out, codes[t.symbol], lengths[t.symbol]);
        if (t.symbol >= 256) put_bits(&out, t.extra, t.extra_bits), put_bits(&out, t.distance, 15);
    }
    flush_bits(&out), free(tokens);
    return out;
}

static int decompress(const uint8_t *in, size_t length, Buffer *out) {
    Reader r = {in, length, 0, 0};
    if (get_bits(&r, 16) != 0x4c5a) return 1;
    int64_t size = get_bits(&r, 32), count = get_bits(&r, 32);
    uint8_t lengths[SYMBOLS];
    uint16_t codes[SYMBOLS] = {0};
    if (size < 0 || count < 0) return 1;
    for (int i = 0; i < SYMBOLS; i++) {
        int64_t bits = get_bits(&r, 4);
        if (bits < 0) return 1;
        lengths[i] = (uint8_t)bits;
    }
    codes_of(lengths, codes);
    // First code and first symbol of every length: canonical codes need no tree.
    int order[SYMBOLS], first_code[MAX_CODE + 2], first_index[MAX_CODE + 2], of_length[MAX_CODE + 2], index = 0, code = 0;
    for (int bits = 1; bits <= MAX_CODE; bits++, code <<= 1) {
        first_code[bits] = code, first_index[bits] = index;
        for (int i = 0; i < SYMBOLS; i++)
            if (lengths[i] == bits) order[index++] = i, code++;
        of_length[bits] = index - first_index[bits];
    }
    while (count--) {
        int bits = 0, value = 0, symbol = -1;
        while (symbol < 0) {
            int bit = get_bit(&r);
            if (bit < 0 || ++bits > MAX_CODE) return 1;
            value = value << 1 | bit;
            int offset = value - first_code[bits];
            if (offset >= 0 && offset < of_length[bits]) symbol = order[first_index[bits] + offset];
        }
        if (symbol < 256) {
            put_byte(out, symbol);
            continue;
        }
        int64_t extra = get_bits(&r, symbol - 256), distance = get_bits(&r, 15);
        if (extra < 0 || distance <= 0 || (size_t)distance > out->length) return 1;
        for (int64_t match = (1 << (symbol - 256)) + extra - 1 + MIN_MATCH; match--;)
            put_byte(out, out->data[out->length - (size_t)distance]);
    }
    return out->length != (size_t)size;
}

static uint32_t adler(const uint8_t *data, size_t length) {
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < length; i++) a = (a + data[i]) % 65521, b = (b + a) % 65521;
    return b << 16 | a;
}

static int round_trips(void) {
    uint32_t seed = 12345;
    for (int kind = 0; kind < 6; kind++) {
        size_t length = (size_t[]){0, 1, 5000, 70000, 120000, 60000}[kind];
        uint8_t *data = malloc(length + 1);
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525u + 1013904223u;
            uint32_t random = seed >> 16;
            switch (kind) {
            case 3: data[i] = "the quick brown fox "[((uint64_t)i * i / 7 + i) % 20]; break;
            case 4: data[i] = i > 300 && random % 50 ? data[i - 1 - random % 3 * 100] : (uint8_t)random; break;
            case 5: data[i] = (uint8_t)random; break;
            default: data[i] = 'a'; break;
            }
        }
        Buffer packed = compress(data, length), unpacked = {0};
        int bad = decompress(packed.data, packed.length, &unpacked) || unpacked.length != length ||
                  (length && memcmp(unpacked.data, data, length));
        printf("kind %d: %zu -> %zu bytes, %08x, %s\n", kind, length, packed.length,
               (unsigned)adler(packed.data, packed.length), bad ? "BROKEN" : "same");
        // Damaged input is refused or gives other bytes, and never more than that.
        for (size_t cut = 0; cut < packed.length; cut += packed.length / 3 + 1) {
            Buffer damaged = {0};
            if (!decompress(packed.data, cut, &damaged)) puts("accepted a piece");
            free(damaged.data);
        }
        free(data), free(packed.data), free(unpacked.data);
        if (bad) return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && argv[1][0] == 't') return round_trips();
    if (argc != 2 || !strchr("cd", argv[1][0])) return fputs("usage: lz c|d|t\n", stderr), 2;
    Buffer in = {0}, out = {0};
    for (int c; (c = getchar()) != EOF;) put_byte(&in, c);
    if (argv[1][0] == 'c') {
        out = compress(in.data, in.length);
    } else if (decompress(in.data, in.length, &out)) {
        fputs("lz: damaged input\n", stderr);
        return 1;
    }
    fwrite(out.data, 1, out.length, stdout);
    return fflush(stdout) != 0;
}
