/* Two products of a matrix with vectors, one along columns, and integer dot products: mixed types in lanes. */
#include "../bench.h"
#define N 320
static double matrix[N][N], x[N], y[N], z[N];
static int16_t left[N * 8], right[N * 8];

KERNEL static void columns(void) {
    for (int i = 0; i < N; i++) {
        double weight = y[i];
        for (int j = 0; j < N; j++) x[j] = x[j] * 0.5 + matrix[i][j] * weight;
    }
}

KERNEL static void rank_one(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) matrix[i][j] = matrix[i][j] * 0.75 + z[i] * x[j];
}

KERNEL static int32_t dot(int shift) {
    int32_t sum = 0;
    for (int i = 0; i < N * 8 - 16; i++) sum += (int32_t)left[i] * right[i + shift];
    return sum;
}

int main(int argc, char **argv) {
    uint32_t state = 5;
    for (int i = 0; i < N; i++) {
        y[i] = (double)(i % 7) / 8;
        z[i] = (double)(i % 5) / 16;
        for (int j = 0; j < N; j++) matrix[i][j] = (double)(i * j % 19) / 32;
    }
    for (int i = 0; i < N * 8; i++) {
        left[i] = (int16_t)(next_random(&state) & 255);
        right[i] = (int16_t)(next_random(&state) & 255);
    }
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        columns();
        rank_one();
        for (int i = 0; i < 16; i++) {
            int32_t found = dot(i);
            sum = mix(sum, &found, sizeof found);
        }
    }
    return print_checksum(mix(sum, x, sizeof x));
}
