// Checksums of standard input or of files: CRC-32, Adler-32, SHA-256, and base64 there and back.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t crc_table[256];

static uint32_t crc32(const uint8_t *data, size_t length) {
    if (!crc_table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
            crc_table[i] = c;
        }
    uint32_t crc = ~0u;
    while (length--) crc = crc_table[(crc ^ *data++) & 255] ^ crc >> 8;
    return ~crc;
}

static uint32_t adler32(const uint8_t *data, size_t length) {
    uint32_t a = 1, b = 0;
    while (length--) a = (a + *data++) % 65521, b = (b + a) % 65521;
    return b << 16 | a;
}

// The constants are the fractional parts of the roots of the first primes: computed in integers, not typed in.
static uint32_t fraction_of_root(uint32_t prime, int degree) {
    // Largest r with r^degree <= prime * 2^(32 * degree), then its low 32 bits.
    unsigned __int128 low = 0, high = (unsigned __int128)1 << 37;
    while (low < high) {
        unsigned __int128 middle = (low + high + 1) / 2;
        int less;
        if (degree == 2) {
            less = middle * middle <= (unsigned __int128)prime << 64;
        } else {
            // middle^3 <= prime * 2^96, compared in halves that fit.
            unsigned __int128 square = middle * middle, limit = ((unsigned __int128)prime << 96) / middle;
            less = square <= limit;
        }
        if (less) low = middle;
        else high = middle - 1;
    }
    return (uint32_t)low;
}

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256(const uint8_t *data, size_t length, uint32_t h[8]) {
    static uint32_t k[64], initial[8];
    if (!k[0])
        for (uint32_t prime = 2, found = 0; found < 64; prime++) {
            int composite = 0;
            for (uint32_t d = 2; d * d <= prime; d++) composite |= prime % d == 0;
            if (composite) continue;
            if (found < 8) initial[found] = fraction_of_root(prime, 2);
            k[found++] = fraction_of_root(prime, 3);
        }
    memcpy(h, initial, sizeof initial);
    size_t padded = (length + 9 + 63) / 64 * 64;
    uint8_t *message = calloc(padded, 1);
    if (length) memcpy(message, data, length);
    message[length] = 0x80;
    for (int i = 0; i < 8; i++) message[padded - 1 - (size_t)i] = (uint8_t)((uint64_t)length * 8 >> (8 * i));
    for (size_t at = 0; at < padded; at += 64) {
        uint32_t w[64], s[8];
        for (int i = 0; i < 16; i++) {
            const uint8_t *p = message + at + i * 4;
            w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        }
        for (int i = 16; i < 64; i++)
            w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
                   (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
        memcpy(s, h, sizeof s);
        for (int i = 0; i < 64; i++) {
            uint32_t one = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
                           k[i] + w[i];
            uint32_t two = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
            memmove(s + 1, s, 7 * sizeof *s);
            s[4] += one, s[0] = one + two;
        }
        for (int i = 0; i < 8; i++) h[i] += s[i];
    }
    free(message);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *encode(const uint8_t *data, size_t length) {
    char *out = malloc(length / 3 * 4 + 5), *at = out;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)data[i] << 16 | (i + 1 < length ? data[i + 1] : 0) << 8 | (i + 2 < length ? data[i + 2] : 0);
        for (int k = 0; k < 4; k++) *at++ = i + (size_t)k <= length ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    *at = 0;
    return out;
}

static size_t decode(const char *text, uint8_t *out) {
    size_t length = 0;
    uint32_t group = 0;
    int bits = 0;
    for (; *text && *text != '='; text++) {
        group = group << 6 | (uint32_t)(strchr(alphabet, *text) - alphabet);
        if ((bits += 6) >= 8) out[length++] = (uint8_t)(group >> (bits -= 8));
    }
    return length;
}

static int digest(const char *name, FILE *in) {
    uint8_t *data = NULL;
    size_t length = 0, capacity = 0, got;
    do {
        if (length == capacity) data = realloc(data, capacity = capacity ? capacity * 2 : 1000);
        got = fread(data + length, 1, capacity - length, in);
        length += got;
    } while (got);
    uint32_t h[8];
    sha256(data, length, h);
    printf("%s: %zu bytes, crc %08x, adler %08x, sha256 ", name, length, (unsigned)crc32(data, length), (unsigned)adler32(data, length));
    for (int i = 0; i < 8; i++) printf("%08x", (unsigned)h[i]);
    char *text = encode(data, length);
    uint8_t *back = malloc(length + 3);
    size_t returned = decode(text, back);
    printf(", base64 %.24s %s\n", text, returned == length && !memcmp(back, data, length) ? "ok" : "BROKEN");
    free(text), free(back), free(data);
    return ferror(in);
}

int main(int argc, char **argv) {
    if (argc == 1) return digest("-", stdin);
    for (int i = 1; i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        if (!in) return perror(argv[i]), 1;
        digest(argv[i], in);
        fclose(in);
    }
    return 0;
}
