/* Pixels to gray, and gray to a mask: arithmetic in 16 bits, stored as bytes. */
#include "../bench.h"
#define PIXELS (256 * 256)
static uint8_t red[PIXELS], green[PIXELS], blue[PIXELS], gray[PIXELS], mask[PIXELS];

KERNEL static void to_gray(void) {
    for (int i = 0; i < PIXELS; i++)
        gray[i] = (uint8_t)((red[i] * 77u + green[i] * 150u + blue[i] * 29u + 128u) >> 8);
}

KERNEL static void to_mask(uint8_t limit) {
    for (int i = 0; i < PIXELS; i++) mask[i] = gray[i] > limit ? (uint8_t)(gray[i] - limit) : 0;
}

int main(int argc, char **argv) {
    uint32_t state = 7;
    for (int i = 0; i < PIXELS; i++) {
        red[i] = (uint8_t)next_random(&state);
        green[i] = (uint8_t)next_random(&state);
        blue[i] = (uint8_t)next_random(&state);
    }
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        to_gray();
        to_mask((uint8_t)rounds);
        sum = mix(sum, mask + (rounds & 1023), 64);
        red[rounds % PIXELS] ^= (uint8_t)rounds;
    }
    return print_checksum(mix(sum, mask, sizeof mask));
}
