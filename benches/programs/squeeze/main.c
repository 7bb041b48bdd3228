/* A compressor: matches found by chains of hashes, then Huffman codes; and back again. */
#include "../bench.h"

enum { WINDOW = 32768, LEAST = 4, MOST = 258, HASH_BITS = 15, SYMBOLS = 512, LONGEST_CODE = 24 };

struct bits {
    uint8_t *bytes;
    size_t at;
    uint64_t held;
    int count;
};

static void put_bits(struct bits *bits, uint32_t value, int count) {
    bits->held |= (uint64_t)value << bits->count;
    bits->count += count;
    while (bits->count >= 8) {
        bits->bytes[bits->at++] = (uint8_t)bits->held;
        bits->held >>= 8;
        bits->count -= 8;
    }
}

static uint32_t get_bits(struct bits *bits, int count) {
    while (bits->count < count) {
        bits->held |= (uint64_t)bits->bytes[bits->at++] << bits->count;
        bits->count += 8;
    }
    uint32_t value = (uint32_t)(bits->held & ((1ull << count) - 1));
    bits->held >>= count;
    bits->count -= count;
    return value;
}

/* Literals are symbols 0 to 255; 256 + log2 of the length stands for a match, followed by the length and the distance. */
struct token {
    uint16_t length, distance;
};

static struct token *tokens;
static int32_t heads[1 << HASH_BITS], previous[WINDOW];

static uint32_t hash(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, 4);
    return word * 2654435761u >> (32 - HASH_BITS);
}

static int match_length(const uint8_t *a, const uint8_t *b, int limit) {
    int length = 0;
    while (length < limit && a[length] == b[length]) length++;
    return length;
}

KERNEL static size_t find_matches(const uint8_t *data, size_t length) {
    size_t count = 0;
    for (int i = 0; i < 1 << HASH_BITS; i++) heads[i] = -1;
    for (size_t at = 0; at < length;) {
        int best = 0, distance = 0;
        if (at + LEAST <= length) {
            int limit = length - at < MOST ? (int)(length - at) : MOST, tries = 24;
            int32_t candidate = heads[hash(data + at)];
            while (candidate >= 0 && at - (size_t)candidate < WINDOW && tries-- > 0) {
                if (best == 0 || data[candidate + best] == data[at + (size_t)best]) {
                    int found = match_length(data + candidate, data + at, limit);
                    if (found > best) {
                        best = found;
                        distance = (int)(at - (size_t)candidate);
                        if (found == limit) break;
                    }
                }
                candidate = previous[candidate & (WINDOW - 1)];
            }
        }
        if (best < LEAST) best = 1, distance = 0;
        tokens[count++] = distance ? (struct token){(uint16_t)best, (uint16_t)distance} : (struct token){0, data[at]};
        for (int i = 0; i < best; i++, at++)
            if (at + LEAST <= length) {
                uint32_t slot = hash(data + at);
                previous[at & (WINDOW - 1)] = heads[slot];
                heads[slot] = (int32_t)at;
            }
    }
    return count;
}

static int log2_of(uint32_t value) { return 31 - __builtin_clz(value); }

/* Code lengths by merging the two rarest until one is left; a heap of nodes. */
struct codes {
    uint8_t lengths[SYMBOLS];
    uint32_t codes[SYMBOLS];
};

static uint32_t weights[SYMBOLS * 2];
static int parents[SYMBOLS * 2], heap[SYMBOLS + 1], heap_length;

static void sift_down(int at) {
    int node = heap[at];
    for (;;) {
        int child = at * 2;
        if (child > heap_length) break;
        if (child < heap_length && weights[heap[child + 1]] < weights[heap[child]]) child++;
        if (weights[heap[child]] >= weights[node]) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = node;
}

static void sift_up(int at) {
    int node = heap[at];
    while (at > 1 && weights[heap[at / 2]] > weights[node]) {
        heap[at] = heap[at / 2];
        at /= 2;
    }
    heap[at] = node;
}

static uint32_t reversed(uint32_t code, int length) {
    uint32_t out = 0;
    while (length-- > 0) {
        out = out << 1 | (code & 1);
        code >>= 1;
    }
    return out;
}

static void assign_codes(struct codes *codes) {
    uint32_t counts[LONGEST_CODE + 2] = {0}, next[LONGEST_CODE + 2] = {0};
    for (int i = 0; i < SYMBOLS; i++) counts[codes->lengths[i]]++;
    counts[0] = 0;
    for (int i = 1; i <= LONGEST_CODE; i++) next[i + 1] = (next[i] + counts[i]) << 1;
    for (int i = 0; i < SYMBOLS; i++)
        if (codes->lengths[i]) codes->codes[i] = reversed(next[codes->lengths[i]]++, codes->lengths[i]);
}

static void make_codes(struct codes *codes, const uint32_t *counts) {
    memset(codes, 0, sizeof *codes);
    int nodes = SYMBOLS;
    heap_length = 0;
    for (int i = 0; i < SYMBOLS; i++)
        if (counts[i]) {
            weights[i] = counts[i];
            heap[++heap_length] = i;
            sift_up(heap_length);
        }
    while (heap_length > 1) {
        int first = heap[1];
        heap[1] = heap[heap_length--];
        sift_down(1);
        int second = heap[1];
        weights[nodes] = weights[first] + weights[second];
        parents[first] = parents[second] = nodes;
        heap[1] = nodes++;
        sift_down(1);
    }
    parents[nodes - 1] = -1;
    for (int i = 0; i < SYMBOLS; i++)
        if (counts[i]) {
            int length = 0;
            for (int node = i; parents[node] >= 0; node = parents[node]) length++;
            codes->lengths[i] = (uint8_t)(length ? length : 1);
        }
    assign_codes(codes);
}

static size_t compress(uint8_t *out, const uint8_t *data, size_t length) {
    size_t count = find_matches(data, length);
    uint32_t counts[SYMBOLS] = {0};
    for (size_t i = 0; i < count; i++) counts[tokens[i].length ? 256 + log2_of(tokens[i].length) * 16 + log2_of(tokens[i].distance) : tokens[i].distance]++;
    struct codes codes;
    make_codes(&codes, counts);
    struct bits bits = {out, 0, 0, 0};
    put_bits(&bits, (uint32_t)count, 32);
    for (int i = 0; i < SYMBOLS; i++) put_bits(&bits, codes.lengths[i], 5);
    for (size_t i = 0; i < count; i++) {
        struct token token = tokens[i];
        if (token.length) {
            int a = log2_of(token.length), b = log2_of(token.distance), symbol = 256 + a * 16 + b;
            put_bits(&bits, codes.codes[symbol], codes.lengths[symbol]);
            put_bits(&bits, token.length - (1u << a), a);
            put_bits(&bits, token.distance - (1u << b), b);
        } else {
            put_bits(&bits, codes.codes[token.distance], codes.lengths[token.distance]);
        }
    }
    put_bits(&bits, 0, 32);
    return bits.at;
}

static size_t expand(uint8_t *out, uint8_t *in) {
    struct bits bits = {in, 0, 0, 0};
    struct codes codes = {{0}, {0}};
    static uint16_t left[SYMBOLS * 2], right[SYMBOLS * 2];
    uint32_t count = get_bits(&bits, 32);
    for (int i = 0; i < SYMBOLS; i++) codes.lengths[i] = (uint8_t)get_bits(&bits, 5);
    assign_codes(&codes);
    /* A tree: a node is 1 + its index, a leaf 0x8000 + its symbol. */
    int nodes = 1;
    left[0] = right[0] = 0;
    for (int i = 0; i < SYMBOLS; i++) {
        uint16_t node = 0;
        for (int bit = 0; bit < codes.lengths[i]; bit++) {
            uint16_t *side = codes.codes[i] >> bit & 1 ? &right[node] : &left[node];
            if (bit == codes.lengths[i] - 1) {
                *side = (uint16_t)(0x8000 + i);
            } else {
                if (*side == 0) {
                    left[nodes] = right[nodes] = 0;
                    *side = (uint16_t)nodes++;
                }
                node = *side;
            }
        }
    }
    uint8_t *start = out;
    while (count-- > 0) {
        uint16_t node = 0;
        do node = get_bits(&bits, 1) ? right[node] : left[node];
        while (node < 0x8000);
        int symbol = node - 0x8000;
        if (symbol < 256) {
            *out++ = (uint8_t)symbol;
        } else {
            int a = (symbol - 256) / 16, b = (symbol - 256) % 16;
            uint32_t length = get_bits(&bits, a) + (1u << a), distance = get_bits(&bits, b) + (1u << b);
            for (const uint8_t *from = out - distance; length > 0; length--) *out++ = *from++;
        }
    }
    return (size_t)(out - start);
}

int main(int argc, char **argv) {
    static const char *words[] = {"the ", "quick ", "brown ", "fox", "jumps ", "over ", "a ", "lazy ", "dog. ", "And ", "so ", "\n", "on ", "compression ", "is ", "prediction, "};
    enum { LENGTH = 1 << 20 };
    uint8_t *data = malloc(LENGTH), *packed = malloc(LENGTH * 2), *unpacked = malloc(LENGTH + 64);
    tokens = malloc(LENGTH * sizeof *tokens);
    uint32_t state = 2024;
    size_t length = 0;
    while (length < LENGTH - 32) {
        uint32_t random = next_random(&state);
        const char *word = words[random & (random >> 4) & 15];
        size_t word_length = strlen(word);
        memcpy(data + length, word, word_length);
        length += word_length;
        if (random >> 28 == 0) data[length++] = (uint8_t)(random >> 8);
    }
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        data[(size_t)rounds * 7919 % length] ^= 1;
        size_t packed_length = compress(packed, data, length);
        size_t again = expand(unpacked, packed);
        if (again != length || memcmp(data, unpacked, length) != 0) {
            fprintf(stderr, "what came out is not what went in\n");
            return 1;
        }
        sum = mix(sum + packed_length, packed, packed_length);
    }
    return print_checksum(sum);
}
