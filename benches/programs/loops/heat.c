/* Heat in three dimensions: a seven-point stencil. */
#include "../bench.h"
#define N 80
static float a[N][N][N], b[N][N][N];

KERNEL static void heat(float to[N][N][N], float from[N][N][N]) {
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            for (int k = 1; k < N - 1; k++) {
                float here = 2.0f * from[i][j][k];
                to[i][j][k] = 0.125f * (from[i + 1][j][k] - here + from[i - 1][j][k]) +
                              0.125f * (from[i][j + 1][k] - here + from[i][j - 1][k]) +
                              0.125f * (from[i][j][k + 1] - here + from[i][j][k - 1]) + from[i][j][k];
            }
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++) a[i][j][k] = b[i][j][k] = (float)(i + j + (N - k)) * 10 / N;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        heat(b, a);
        heat(a, b);
    }
    return print_checksum(mix(MIX_START, a, sizeof a));
}
