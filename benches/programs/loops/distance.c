/* Where a block lies in a picture: sums of absolute differences of bytes. */
#include "../bench.h"
#define WIDTH 512
#define HEIGHT 64
#define BLOCK 32
static uint8_t picture[HEIGHT][WIDTH], block[BLOCK][BLOCK];

KERNEL static uint32_t distance(int x, int y) {
    uint32_t sum = 0;
    for (int i = 0; i < BLOCK; i++)
        for (int j = 0; j < BLOCK; j++) {
            int difference = (int)picture[y + i][x + j] - (int)block[i][j];
            sum += (uint32_t)(difference < 0 ? -difference : difference);
        }
    return sum;
}

int main(int argc, char **argv) {
    uint32_t state = 99;
    for (int i = 0; i < HEIGHT; i++)
        for (int j = 0; j < WIDTH; j++) picture[i][j] = (uint8_t)next_random(&state);
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        for (int i = 0; i < BLOCK; i++)
            for (int j = 0; j < BLOCK; j++) block[i][j] = (uint8_t)next_random(&state);
        uint32_t best = UINT32_MAX;
        for (int y = 0; y < HEIGHT - BLOCK; y += 4)
            for (int x = 0; x < WIDTH - BLOCK; x++) {
                uint32_t found = distance(x, y);
                if (found < best) best = found;
            }
        sum = mix(sum, &best, sizeof best);
    }
    return print_checksum(sum);
}
