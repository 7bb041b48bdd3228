/* Crashes three calls deep. */
void print(const char *text);
int depth;
__attribute__((noinline)) static int innermost(int *where) { return *where; }
__attribute__((noinline)) int middle(int *where) { return innermost(where) + 1; }
__attribute__((noinline)) int outermost(int *where) { return middle(where) + depth; }
int never_called(int x) { return x + depth; }
int main(void) {
    print("before\n");
    return outermost(0);
}
