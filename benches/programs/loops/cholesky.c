/* A positive matrix as a triangle times itself: chains of subtractions, whose order is fixed. */
#include "../bench.h"
#define N 320
static double a[N][N], start[N][N];

KERNEL static void cholesky(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[j][k];
            a[i][j] /= a[j][j];
        }
        for (int k = 0; k < i; k++) a[i][i] -= a[i][k] * a[i][k];
        a[i][i] = __builtin_sqrt(a[i][i]);
    }
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) start[i][j] = i == j ? N : 1.0 / (1 + (i > j ? i - j : j - i));
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        memcpy(a, start, sizeof a);
        cholesky();
        sum = mix(sum, a[N / 2], sizeof a[0]);
    }
    return print_checksum(mix(sum, a, sizeof a));
}
