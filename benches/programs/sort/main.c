/* Sorting: quicksort inlined, mergesort by a comparison that is called, a heap of records, radix sort, a search tree. */
#include "../bench.h"

enum { COUNT = 100000 };

static void insertion(int32_t *low, int32_t *high) {
    for (int32_t *at = low + 1; at < high; at++) {
        int32_t value = *at, *to = at;
        for (; to > low && to[-1] > value; to--) *to = to[-1];
        *to = value;
    }
}

static void quick(int32_t *low, int32_t *high) {
    while (high - low > 16) {
        int32_t a = low[0], b = low[(high - low) / 2], c = high[-1];
        int32_t pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        int32_t *left = low, *right = high - 1;
        for (;;) {
            while (*left < pivot) left++;
            while (*right > pivot) right--;
            if (left >= right) break;
            int32_t swap = *left;
            *left++ = *right;
            *right-- = swap;
        }
        int32_t *middle = left == right && *left <= pivot ? left + 1 : left;
        if (middle - low < high - middle) {
            quick(low, middle);
            low = middle;
        } else {
            quick(middle, high);
            high = middle;
        }
    }
    insertion(low, high);
}

struct record {
    uint32_t key, payload;
    char name[8];
};

typedef int (*comparison)(const void *, const void *);

static int by_key(const void *a, const void *b) {
    uint32_t x = ((const struct record *)a)->key, y = ((const struct record *)b)->key;
    return x < y ? -1 : x > y;
}
static int by_name(const void *a, const void *b) { return memcmp(((const struct record *)a)->name, ((const struct record *)b)->name, 8); }
static int by_payload(const void *a, const void *b) {
    uint32_t x = ((const struct record *)a)->payload & 255, y = ((const struct record *)b)->payload & 255;
    return x < y ? -1 : x > y;
}

static void merge_sort(struct record *records, struct record *spare, size_t count, comparison compare) {
    if (count < 2) return;
    size_t half = count / 2;
    merge_sort(records, spare, half, compare);
    merge_sort(records + half, spare, count - half, compare);
    memcpy(spare, records, half * sizeof *records);
    size_t left = 0, right = half, to = 0;
    while (left < half && right < count) {
        if (compare(&spare[left], &records[right]) <= 0) records[to++] = spare[left++];
        else records[to++] = records[right++];
    }
    while (left < half) records[to++] = spare[left++];
}

static void heap_sort(uint64_t *values, size_t count) {
    for (size_t start = count / 2, end = count; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            uint64_t swap = values[--end];
            values[end] = values[0];
            values[0] = swap;
        }
        size_t root = start;
        for (size_t child; (child = root * 2 + 1) < end; root = child) {
            if (child + 1 < end && values[child] < values[child + 1]) child++;
            if (values[root] >= values[child]) break;
            uint64_t swap = values[root];
            values[root] = values[child];
            values[child] = swap;
        }
    }
}

static void radix_sort(uint32_t *values, uint32_t *spare, size_t count) {
    for (int shift = 0; shift < 32; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++) starts[(values[i] >> shift & 255) + 1]++;
        for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
        for (size_t i = 0; i < count; i++) spare[starts[values[i] >> shift & 255]++] = values[i];
        uint32_t *swap = values;
        values = spare;
        spare = swap;
    }
}

struct node {
    uint32_t key, priority;
    struct node *left, *right;
};

static struct node *insert(struct node *tree, struct node *node) {
    if (!tree) return node;
    if (node->key < tree->key) {
        tree->left = insert(tree->left, node);
        if (tree->left->priority > tree->priority) {
            struct node *top = tree->left;
            tree->left = top->right;
            top->right = tree;
            return top;
        }
    } else {
        tree->right = insert(tree->right, node);
        if (tree->right->priority > tree->priority) {
            struct node *top = tree->right;
            tree->right = top->left;
            top->left = tree;
            return top;
        }
    }
    return tree;
}

static uint64_t depths(const struct node *tree, uint64_t depth) {
    return tree ? depth * (tree->key & 7) + depths(tree->left, depth + 1) + depths(tree->right, depth + 1) : 0;
}

int main(int argc, char **argv) {
    int32_t *numbers = malloc(COUNT * sizeof *numbers);
    uint32_t *words = malloc(COUNT * sizeof *words), *spare_words = malloc(COUNT * sizeof *words);
    uint64_t *longs = malloc(COUNT * sizeof *longs);
    struct record *records = malloc(COUNT * sizeof *records), *spare = malloc(COUNT * sizeof *records);
    struct node *nodes = malloc(COUNT * sizeof *nodes);
    comparison comparisons[] = {by_key, by_name, by_payload};
    uint32_t state = 77;
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        struct node *tree = 0;
        for (int i = 0; i < COUNT; i++) {
            uint32_t random = next_random(&state);
            numbers[i] = (int32_t)random;
            words[i] = random * 2654435761u;
            longs[i] = (uint64_t)random * random;
            records[i].key = random >> 7;
            records[i].payload = random;
            for (int j = 0; j < 8; j++) records[i].name[j] = (char)('a' + (random >> (j * 3) & 7));
            if (i % 8 == 0) {
                nodes[i] = (struct node){random, words[i], 0, 0};
                tree = insert(tree, &nodes[i]);
            }
        }
        quick(numbers, numbers + COUNT);
        for (int i = 0; i < 3; i++) merge_sort(records, spare, COUNT, comparisons[(i + rounds) % 3]);
        heap_sort(longs, COUNT);
        radix_sort(words, spare_words, COUNT);
        sum = mix(sum, numbers, COUNT * sizeof *numbers);
        sum = mix(sum, records, COUNT * sizeof *records);
        sum = mix(sum, longs, COUNT * sizeof *longs);
        sum = mix(sum, words, COUNT * sizeof *words) + depths(tree, 1);
    }
    return print_checksum(sum);
}
