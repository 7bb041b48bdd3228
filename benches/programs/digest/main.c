/* Hashing: SHA-256, SipHash and CRC-32 over messages, and a table with open addressing. */
#include "../bench.h"

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t right(uint32_t value, int by) { return value >> by | value << (32 - by); }

static void sha256_block(uint32_t state[8], const uint8_t *block) {
    uint32_t words[64], v[8];
    for (int i = 0; i < 16; i++)
        words[i] = (uint32_t)block[i * 4] << 24 | (uint32_t)block[i * 4 + 1] << 16 | (uint32_t)block[i * 4 + 2] << 8 | block[i * 4 + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = words[i - 15], b = words[i - 2];
        words[i] = words[i - 16] + words[i - 7] + (right(a, 7) ^ right(a, 18) ^ a >> 3) + (right(b, 17) ^ right(b, 19) ^ b >> 10);
    }
    memcpy(v, state, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t one = v[7] + (right(v[4], 6) ^ right(v[4], 11) ^ right(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + words[i];
        uint32_t two = (right(v[0], 2) ^ right(v[0], 13) ^ right(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        for (int j = 7; j > 0; j--) v[j] = v[j - 1];
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) state[i] += v[i];
}

static void sha256(uint8_t out[32], const uint8_t *data, size_t length) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t last[128] = {0};
    size_t at = 0;
    for (; length - at >= 64; at += 64) sha256_block(state, data + at);
    size_t rest = length - at, padded = rest + 9 <= 64 ? 64 : 128;
    memcpy(last, data + at, rest);
    last[rest] = 0x80;
    for (int i = 0; i < 8; i++) last[padded - 1 - (size_t)i] = (uint8_t)((uint64_t)length * 8 >> (i * 8));
    for (size_t block = 0; block < padded; block += 64) sha256_block(state, last + block);
    for (int i = 0; i < 32; i++) out[i] = (uint8_t)(state[i / 4] >> (24 - i % 4 * 8));
}

static uint64_t left(uint64_t value, int by) { return value << by | value >> (64 - by); }

#define SIP_ROUND                                                                                                      \
    do {                                                                                                               \
        a += b; b = left(b, 13) ^ a; a = left(a, 32);                                                                  \
        c += d; d = left(d, 16) ^ c;                                                                                   \
        a += d; d = left(d, 21) ^ a;                                                                                   \
        c += b; b = left(b, 17) ^ c; c = left(c, 32);                                                                  \
    } while (0)

static uint64_t siphash(const uint8_t *data, size_t length, uint64_t k0, uint64_t k1) {
    uint64_t a = k0 ^ 0x736f6d6570736575, b = k1 ^ 0x646f72616e646f6d, c = k0 ^ 0x6c7967656e657261, d = k1 ^ 0x7465646279746573;
    uint64_t word, end = (uint64_t)length << 56;
    for (; length >= 8; data += 8, length -= 8) {
        memcpy(&word, data, 8);
        d ^= word;
        SIP_ROUND;
        SIP_ROUND;
        a ^= word;
    }
    for (size_t i = 0; i < length; i++) end |= (uint64_t)data[i] << (i * 8);
    d ^= end;
    SIP_ROUND;
    SIP_ROUND;
    a ^= end;
    c ^= 0xff;
    SIP_ROUND;
    SIP_ROUND;
    SIP_ROUND;
    SIP_ROUND;
    return a ^ b ^ c ^ d;
}

static uint32_t crc_table[256];
static void make_crc_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xedb88320 : value >> 1;
        crc_table[i] = value;
    }
}
static uint32_t crc32(const uint8_t *data, size_t length) {
    uint32_t value = 0xffffffff;
    while (length-- > 0) value = crc_table[(value ^ *data++) & 255] ^ value >> 8;
    return ~value;
}

struct slot {
    uint64_t key;
    uint32_t count;
    uint8_t used;
};

static uint64_t count_keys(struct slot *slots, uint32_t mask, int rounds) {
    uint32_t state = 31;
    uint64_t longest = 0;
    memset(slots, 0, (mask + 1) * sizeof *slots);
    for (int i = 0; i < 120000; i++) {
        uint32_t random = next_random(&state);
        uint64_t key = random % 40000 * 0x9e3779b97f4a7c15 + (uint64_t)rounds;
        uint64_t steps = 0;
        uint32_t at = (uint32_t)siphash((const uint8_t *)&key, 8, 1, 2) & mask;
        while (slots[at].used && slots[at].key != key) {
            at = (at + 1) & mask;
            steps++;
        }
        slots[at].used = 1;
        slots[at].key = key;
        slots[at].count++;
        if (steps > longest) longest = steps;
    }
    return longest;
}

int main(int argc, char **argv) {
    enum { LENGTH = 1 << 18, SLOTS = 1 << 16 };
    static uint8_t data[LENGTH];
    static struct slot slots[SLOTS];
    uint32_t state = 8;
    for (int i = 0; i < LENGTH; i++) data[i] = (uint8_t)next_random(&state);
    make_crc_table();
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        uint8_t out[32];
        sha256(out, data, LENGTH - (size_t)(rounds & 127));
        sum = mix(sum, out, sizeof out);
        for (int i = 0; i < 4; i++) sum ^= siphash(data + i, LENGTH - 8, sum, (uint64_t)rounds);
        sum += crc32(data, LENGTH);
        sum += count_keys(slots, SLOTS - 1, rounds);
        memcpy(data + (rounds & 1023) * 32, out, 32);
    }
    return print_checksum(sum);
}
