/* Code near and far calls each other. */
void print(const char *text);
void print_hex(unsigned long value);

#define FAR __attribute__((section(".far"), noinline))
#define FARTHER __attribute__((section(".farther"), noinline))

__attribute__((noinline)) int near(int x) { print("near\n"); return x + 1; }
FAR int far_leaf(int x) { print("far leaf\n"); return x * 2; }
FAR int far(int x) { return near(far_leaf(x)) + near(x); }
/* Too far even for the address of a string. */
FARTHER int farther(int x) { return far(x) + near(x) * 100; }
/* A call in last position is a plain branch. */
FAR int far_tail(int x) { return near(x); }

int main(void) {
    print_hex(far(5));
    print_hex(farther(5));
    print_hex(far_tail(5));
    return 3;
}
