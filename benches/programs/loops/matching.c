/* The longest common subsequence and the edit distance: tables whose cells wait for their neighbours. */
#include "../bench.h"
#define N 1200
static uint8_t left[N], right[N];
static int32_t common[N + 1][N + 1], edits[2][N + 1];

KERNEL static int32_t longest_common(void) {
    for (int i = 1; i <= N; i++)
        for (int j = 1; j <= N; j++) {
            if (left[i - 1] == right[j - 1])
                common[i][j] = common[i - 1][j - 1] + 1;
            else
                common[i][j] = common[i - 1][j] > common[i][j - 1] ? common[i - 1][j] : common[i][j - 1];
        }
    return common[N][N];
}

KERNEL static int32_t edit_distance(void) {
    for (int j = 0; j <= N; j++) edits[0][j] = j;
    for (int i = 1; i <= N; i++) {
        int32_t *above = edits[(i + 1) & 1], *here = edits[i & 1];
        here[0] = i;
        for (int j = 1; j <= N; j++) {
            int32_t best = above[j - 1] + (left[i - 1] != right[j - 1]);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (here[j - 1] + 1 < best) best = here[j - 1] + 1;
            here[j] = best;
        }
    }
    return edits[N & 1][N];
}

int main(int argc, char **argv) {
    uint32_t state = 12;
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        for (int i = 0; i < N; i++) {
            left[i] = (uint8_t)(next_random(&state) >> 13 & 3);
            right[i] = (uint8_t)(next_random(&state) >> 13 & 3);
        }
        int32_t found[2] = {longest_common(), edit_distance()};
        sum = mix(sum, found, sizeof found);
    }
    return print_checksum(sum);
}
