/* A Toeplitz system by recursion: backward and forward walks of the same vectors. */
#include "../bench.h"
#define N 400
static double r[N], y[N], z[N];

KERNEL static void durbin(void) {
    y[0] = -r[0];
    double beta = 1.0, alpha = -r[0];
    for (int k = 1; k < N; k++) {
        beta = (1 - alpha * alpha) * beta;
        double sum = 0.0;
        for (int i = 0; i < k; i++) sum += r[k - i - 1] * y[i];
        alpha = -(r[k] + sum) / beta;
        for (int i = 0; i < k; i++) z[i] = y[i] + alpha * y[k - i - 1];
        for (int i = 0; i < k; i++) y[i] = z[i];
        y[k] = alpha;
    }
}

int main(int argc, char **argv) {
    uint64_t sum = MIX_START;
    for (int i = 0; i < N; i++) r[i] = 0.5 / (i + 2);
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        durbin();
        r[rounds % N] = 0.5 / (rounds % 97 + 3);
        sum = mix(sum, y, sizeof y);
    }
    return print_checksum(sum);
}
