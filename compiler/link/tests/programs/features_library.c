/* Goes into an archive. */
int library_counter = 40;
int weak_value(void) { return 2; }
int weak_everywhere __attribute__((weak)) = 8;
int common_one;
int common_two[50];
int *library_view_of_weak(void) { return &weak_everywhere; }
int from_library(int x) { return x + library_counter + weak_value() + common_two[3]; }
__asm__(".globl absolute_symbol\n.set absolute_symbol, 0x1234\n");
