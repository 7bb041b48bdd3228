/* A filter of 32 taps over samples: the sum over taps is the outer loop, so that samples lie in lanes. */
#include "../bench.h"
#define TAPS 32
#define SAMPLES 4096
static float input[SAMPLES + TAPS], output[SAMPLES], taps[TAPS];

KERNEL static void filter(void) {
    for (int i = 0; i < SAMPLES; i++) output[i] = 0;
    for (int tap = 0; tap < TAPS; tap++) {
        float weight = taps[tap];
        for (int i = 0; i < SAMPLES; i++) output[i] += weight * input[i + tap];
    }
}

int main(int argc, char **argv) {
    uint32_t state = 1;
    for (int i = 0; i < SAMPLES + TAPS; i++) input[i] = (float)(next_random(&state) >> 16) / 65536;
    for (int i = 0; i < TAPS; i++) taps[i] = 1.0f / (float)(i + 3);
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        filter();
        sum = mix(sum, output, 64);
        input[rounds % SAMPLES] = output[rounds % TAPS] * 0.25f;
    }
    return print_checksum(mix(sum, output, sizeof output));
}
