/* A matrix as two triangles; one walks down a column. */
#include "../bench.h"
#define N 320
static double a[N][N], start[N][N];

KERNEL static void lu(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[k][j];
            a[i][j] /= a[j][j];
        }
        for (int j = i; j < N; j++)
            for (int k = 0; k < i; k++) a[i][j] -= a[i][k] * a[k][j];
    }
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) start[i][j] = i == j ? N : (double)((i * 7 + j * 3) % 11) / 12;
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        memcpy(a, start, sizeof a);
        lu();
        sum = mix(sum, a[N / 2], sizeof a[0]);
    }
    return print_checksum(mix(sum, a, sizeof a));
}
