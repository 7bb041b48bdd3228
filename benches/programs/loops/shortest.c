/* Shortest paths between all pairs: minima of sums. */
#include "../bench.h"
#define N 320
static int32_t path[N][N];

KERNEL static void shortest(void) {
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++) {
            int32_t first = path[i][k];
            for (int j = 0; j < N; j++) {
                int32_t through = first + path[k][j];
                path[i][j] = through < path[i][j] ? through : path[i][j];
            }
        }
}

int main(int argc, char **argv) {
    uint64_t sum = MIX_START;
    uint32_t state = 3;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) path[i][j] = (int32_t)(next_random(&state) % 10000) + 1;
        shortest();
        sum = mix(sum, path, sizeof path);
    }
    return print_checksum(sum);
}
