/* An interpreter: a loop around a switch over instructions of a stack machine, running a few small programs. */
#include "../bench.h"

enum operation {
    PUSH, LOAD, STORE, ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, LESS, EQUAL, AND, OR, XOR, SHIFT_LEFT, SHIFT_RIGHT,
    NOT, DUPLICATE, DROP, SWAP, JUMP, JUMP_IF_ZERO, CALL, RETURN, LOAD_INDEXED, STORE_INDEXED, PICK, HALT
};

struct machine {
    int32_t stack[4096], memory[65536];
    uint32_t returns[1024];
    uint64_t steps;
};

KERNEL static int32_t run(struct machine *machine, const int32_t *code) {
    int32_t *top = machine->stack;
    uint32_t *back = machine->returns;
    const int32_t *at = code;
    uint64_t steps = 0;
    for (;;) {
        steps++;
        switch (*at++) {
        case PUSH: *++top = *at++; break;
        case LOAD: *++top = machine->memory[*at++]; break;
        case STORE: machine->memory[*at++] = *top--; break;
        case ADD: top--; top[0] = (int32_t)((uint32_t)top[0] + (uint32_t)top[1]); break;
        case SUBTRACT: top--; top[0] = (int32_t)((uint32_t)top[0] - (uint32_t)top[1]); break;
        case MULTIPLY: top--; top[0] = (int32_t)((uint32_t)top[0] * (uint32_t)top[1]); break;
        case DIVIDE: top--; top[0] = top[1] == 0 || top[1] == -1 ? 0 : top[0] / top[1]; break;
        case REMAINDER: top--; top[0] = top[1] == 0 || top[1] == -1 ? 0 : top[0] % top[1]; break;
        case LESS: top--; top[0] = top[0] < top[1]; break;
        case EQUAL: top--; top[0] = top[0] == top[1]; break;
        case AND: top--; top[0] &= top[1]; break;
        case OR: top--; top[0] |= top[1]; break;
        case XOR: top--; top[0] ^= top[1]; break;
        case SHIFT_LEFT: top--; top[0] = (int32_t)((uint32_t)top[0] << (top[1] & 31)); break;
        case SHIFT_RIGHT: top--; top[0] = (int32_t)((uint32_t)top[0] >> (top[1] & 31)); break;
        case NOT: top[0] = !top[0]; break;
        case DUPLICATE: top[1] = top[0]; top++; break;
        case DROP: top--; break;
        case SWAP: { int32_t other = top[0]; top[0] = top[-1]; top[-1] = other; break; }
        case JUMP: at = code + *at; break;
        case JUMP_IF_ZERO: at = *top-- == 0 ? code + *at : at + 1; break;
        case CALL: *back++ = (uint32_t)(at + 1 - code); at = code + *at; break;
        case RETURN: at = code + *--back; break;
        case LOAD_INDEXED: top[0] = machine->memory[(*at++ + top[0]) & 65535]; break;
        case STORE_INDEXED: machine->memory[(*at++ + top[0]) & 65535] = top[-1]; top -= 2; break;
        case PICK: { int32_t depth = *at++; top[1] = top[-depth]; top++; break; }
        case HALT: machine->steps += steps; return *top;
        default: fprintf(stderr, "no such instruction\n"); exit(1);
        }
    }
}

/* A writer of code with labels that may come later. */
static int32_t code[4096], labels[64];
static int length, fixups[256][2], fixup_count;
static void put(int32_t word) { code[length++] = word; }
static void put_with(int32_t operation, int32_t operand) { put(operation); put(operand); }
static void to_label(int32_t operation, int label) {
    put(operation);
    fixups[fixup_count][0] = length;
    fixups[fixup_count++][1] = label;
    put(0);
}
static void label(int which) { labels[which] = length; }
static void begin(void) { length = fixup_count = 0; }
static void finish(void) {
    for (int i = 0; i < fixup_count; i++) code[fixups[i][0]] = labels[fixups[i][1]];
}

/* Primes below `limit` by a sieve in memory from 1000. */
static void make_sieve(int32_t limit) {
    enum { I, J, COUNT };
    begin();
    put_with(PUSH, 0); put_with(STORE, COUNT);
    put_with(PUSH, 0); put_with(STORE, I);
    label(0); /* clear */
    put_with(PUSH, 0); put_with(LOAD, I); put_with(STORE_INDEXED, 1000);
    put_with(LOAD, I); put_with(PUSH, 1); put(ADD); put(DUPLICATE); put_with(STORE, I);
    put_with(PUSH, limit); put(LESS); put(NOT); to_label(JUMP_IF_ZERO, 0);
    put_with(PUSH, 2); put_with(STORE, I);
    label(1);
    put_with(LOAD, I); put_with(LOAD_INDEXED, 1000); put(NOT); to_label(JUMP_IF_ZERO, 3);
    put_with(LOAD, COUNT); put_with(PUSH, 1); put(ADD); put_with(STORE, COUNT);
    put_with(LOAD, I); put(DUPLICATE); put(ADD); put_with(STORE, J);
    label(2);
    put_with(LOAD, J); put_with(PUSH, limit); put(LESS); to_label(JUMP_IF_ZERO, 3);
    put_with(PUSH, 1); put_with(LOAD, J); put_with(STORE_INDEXED, 1000);
    put_with(LOAD, J); put_with(LOAD, I); put(ADD); put_with(STORE, J);
    to_label(JUMP, 2);
    label(3);
    put_with(LOAD, I); put_with(PUSH, 1); put(ADD); put(DUPLICATE); put_with(STORE, I);
    put_with(PUSH, limit); put(LESS); put(NOT); to_label(JUMP_IF_ZERO, 1);
    put_with(LOAD, COUNT); put(HALT);
    finish();
}

/* Fibonacci by calls, the argument on the stack. */
static void make_fibonacci(int32_t n) {
    begin();
    put_with(PUSH, n); to_label(CALL, 0); put(HALT);
    label(0);
    put(DUPLICATE); put_with(PUSH, 2); put(LESS); to_label(JUMP_IF_ZERO, 1); put(RETURN);
    label(1);
    put(DUPLICATE); put_with(PUSH, 1); put(SUBTRACT); to_label(CALL, 0);
    put(SWAP); put_with(PUSH, 2); put(SUBTRACT); to_label(CALL, 0);
    put(ADD); put(RETURN);
    finish();
}

/* A generator of random numbers, their bits mixed into a sum. */
static void make_mixer(int32_t rounds) {
    enum { I, STATE, SUM };
    begin();
    put_with(PUSH, rounds); put_with(STORE, I); put_with(PUSH, 1234567); put_with(STORE, STATE); put_with(PUSH, 0); put_with(STORE, SUM);
    label(0);
    put_with(LOAD, STATE); put(DUPLICATE); put_with(PUSH, 13); put(SHIFT_LEFT); put(XOR);
    put(DUPLICATE); put_with(PUSH, 17); put(SHIFT_RIGHT); put(XOR);
    put(DUPLICATE); put_with(PUSH, 5); put(SHIFT_LEFT); put(XOR); put(DUPLICATE); put_with(STORE, STATE);
    put(DUPLICATE); put_with(PUSH, 7); put(AND); put_with(PUSH, 3); put(EQUAL); to_label(JUMP_IF_ZERO, 1);
    put_with(PUSH, 10007); put(REMAINDER); put_with(LOAD, SUM); put_with(PUSH, 3); put(MULTIPLY); put(ADD); put_with(STORE, SUM);
    to_label(JUMP, 2);
    label(1);
    put_with(LOAD, SUM); put(ADD); put_with(STORE, SUM);
    label(2);
    put_with(LOAD, I); put_with(PUSH, 1); put(SUBTRACT); put(DUPLICATE); put_with(STORE, I);
    put(NOT); to_label(JUMP_IF_ZERO, 0);
    put_with(LOAD, SUM); put(HALT);
    finish();
}

int main(int argc, char **argv) {
    struct machine *machine = calloc(1, sizeof *machine);
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        int32_t found[3];
        make_sieve(30000 + rounds);
        found[0] = run(machine, code);
        make_fibonacci(20);
        found[1] = run(machine, code);
        make_mixer(50000 + rounds);
        found[2] = run(machine, code);
        sum = mix(sum, found, sizeof found);
    }
    return print_checksum(sum + machine->steps);
}
