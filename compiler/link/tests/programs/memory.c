/* Linear memory at a fixed address, by symbol and by number. */
void print(const char *text);
void print_hex(unsigned long value);

__attribute__((section(".aot.memory"))) unsigned char memory[5000] = {1, 2, 3, [4999] = 9};

int main(void) {
    volatile unsigned char *fixed = (unsigned char *)ADDRESS;
    print_hex((unsigned long)memory == ADDRESS);
    print_hex(fixed[0] + fixed[1] + fixed[2] + fixed[4999]);
    unsigned long sum = 0;
    for (long i = 5000; i < MEMORY_SIZE; i++) sum += fixed[i];
    print_hex(sum);
    fixed[0] = 40;
    fixed[MEMORY_SIZE - 1] = 2;
    print_hex(memory[0] + fixed[MEMORY_SIZE - 1]);
    return 0;
}
