// Deep recursion: as deep as asked for, with small and with big frames, through pointers, and without end.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int small(int depth) { return depth ? small(depth - 1) + 1 : 0; }

// 1 KiB of the program's own stack a level.
static unsigned big(int depth) {
    volatile unsigned char frame[1024];
    for (int i = 0; i < 1024; i += 64) frame[i] = (unsigned char)(depth + i);
    unsigned below = depth ? big(depth - 1) : 0;
    for (int i = 0; i < 1024; i += 64) below = below * 31 + frame[i];
    return below;
}

static int ackermann(int m, int n) {
    if (!m) return n + 1;
    return ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

typedef struct Node { struct Node *left, *right; int value; } Node;
static Node *insert(Node *node, int value) {
    if (!node) {
        node = calloc(1, sizeof *node);
        node->value = value;
    } else if (value < node->value) {
        node->left = insert(node->left, value);
    } else {
        node->right = insert(node->right, value);
    }
    return node;
}
static int height(Node *node) {
    if (!node) return 0;
    int left = height(node->left), right = height(node->right);
    return 1 + (left > right ? left : right);
}

static int even(int n);
static int odd(int n) { return n ? even(n - 1) : 0; }
static int (*volatile odd_pointer)(int) = odd;
static int even(int n) { return n ? odd_pointer(n - 1) : 1; }

static volatile int sink;
static int endless(int depth) {
    sink = depth;
    return endless(depth + 1) + sink;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "endless")) {
        puts("down");
        fflush(stdout);
        return endless(0);
    }
    int depth = argc > 1 ? atoi(argv[1]) : 1000;
    printf("small %d\n", small(depth));
    printf("big %08x\n", big(depth / 100));
    printf("ackermann %d\n", ackermann(2, depth / 200 + 3));
    Node *tree = NULL;
    for (int i = 0; i < depth / 100; i++) tree = insert(tree, i);
    printf("list-shaped tree %d\n", height(tree));
    printf("even %d\n", even(depth));
    return 0;
}
