/* Matrix multiplication, rows of the result as the inner loop. */
#include "../bench.h"
#define N 256
static double a[N][N], b[N][N], c[N][N];

KERNEL static void gemm(double alpha, double beta) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) c[i][j] *= beta;
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++) c[i][j] += alpha * a[i][k] * b[k][j];
    }
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(i * j % 13) / 13;
            b[i][j] = (double)(i * (j + 1) % 17) / 17;
            c[i][j] = (double)((i + 2) * j % 11) / 11;
        }
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) gemm(0.5, 0.25);
    return print_checksum(mix(MIX_START, c, sizeof c));
}
