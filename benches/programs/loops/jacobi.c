/* A five-point stencil between two grids. */
#include "../bench.h"
#define N 400
static double a[N][N], b[N][N];

KERNEL static void jacobi(double to[N][N], double from[N][N]) {
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] + from[i - 1][j]);
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = b[i][j] = ((double)i * (j + 2) + 2) / N;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        jacobi(b, a);
        jacobi(a, b);
    }
    return print_checksum(mix(MIX_START, a, sizeof a));
}
