/* zstd: one text at four levels, and back. */
#include "../corpus.h"
#include "zstd.h"

int main(int argc, char **argv) {
    enum { LENGTH = 1 << 20 };
    static const int levels[] = {1, 3, 6, 9};
    uint8_t *data = malloc(LENGTH), *packed = malloc(LENGTH + 1024), *unpacked = malloc(LENGTH);
    size_t length = make_corpus(data, LENGTH, 4711);
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--)
        for (int i = 0; i < 4; i++) {
            data[(size_t)rounds * 7919 % length] ^= 1;
            size_t count = ZSTD_compress(packed, LENGTH + 1024, data, length, levels[i]);
            size_t again = ZSTD_isError(count) ? 0 : ZSTD_decompress(unpacked, LENGTH, packed, count);
            for (int more = 0; more < 4; more++) again = ZSTD_decompress(unpacked, LENGTH, packed, count);
            if (again != length || memcmp(data, unpacked, length) != 0) {
                fprintf(stderr, "what came out is not what went in\n");
                return 1;
            }
            sum = mix(sum + count, packed, count);
        }
    return print_checksum(sum);
}
