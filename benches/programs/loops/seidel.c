/* A nine-point stencil in place: every point waits for the one before. */
#include "../bench.h"
#define N 400
static double a[N][N];

KERNEL static void seidel(void) {
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            a[i][j] = (a[i - 1][j - 1] + a[i - 1][j] + a[i - 1][j + 1] + a[i][j - 1] + a[i][j] + a[i][j + 1] +
                       a[i + 1][j - 1] + a[i + 1][j] + a[i + 1][j + 1]) /
                      9.0;
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = ((double)i * (j + 2) + 2) / N;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) seidel();
    return print_checksum(mix(MIX_START, a, sizeof a));
}
