/* bzip2: a text there and back. */
#include "../corpus.h"
#include "bzlib.h"

void bz_internal_error(int code) {
    fprintf(stderr, "internal error %d\n", code);
    exit(1);
}

int main(int argc, char **argv) {
    enum { LENGTH = 400000 };
    static uint8_t data[LENGTH], packed[LENGTH + LENGTH / 50 + 600], unpacked[LENGTH];
    size_t length = make_corpus(data, LENGTH, 815);
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        unsigned count = sizeof packed, again = LENGTH;
        data[(size_t)rounds * 7919 % length] ^= 1;
        int first = BZ2_bzBuffToBuffCompress((char *)packed, &count, (char *)data, (unsigned)length, 5, 0, 0);
        int second = BZ2_bzBuffToBuffDecompress((char *)unpacked, &again, (char *)packed, count, 0, 0);
        if (first != BZ_OK || second != BZ_OK || again != length || memcmp(data, unpacked, length) != 0) {
            fprintf(stderr, "what came out is not what went in: %d, %d\n", first, second);
            return 1;
        }
        sum = mix(sum + count, packed, count);
    }
    return print_checksum(sum);
}
