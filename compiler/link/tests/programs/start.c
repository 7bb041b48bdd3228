/* The least that a program without libc needs. */
static long call(long number, long a, long b, long c) {
#ifdef __x86_64__
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#endif
}

void print(const char *text) {
    long length = 0;
    while (text[length]) length++;
#ifdef __x86_64__
    call(1, 1, (long)text, length);
#else
    call(64, 1, (long)text, length);
#endif
}

void print_hex(unsigned long value) {
    char text[20];
    int at = 19;
    text[at] = 0;
    text[--at] = '\n';
    do text[--at] = "0123456789abcdef"[value & 15]; while (value >>= 4);
    print(text + at);
}

extern int main(void);

struct correction { unsigned long place, kind, value; };
extern char __ehdr_start[] __attribute__((visibility("hidden")));

/* Where addresses must be corrected because the program was moved: said by symbols of ours, or as in every static PIE
   by the dynamic section. */
#ifdef WALK_DYNAMIC
struct dynamic { long tag; unsigned long value; };
extern const struct dynamic _DYNAMIC[] __attribute__((visibility("hidden")));
static void correct(void) {
    unsigned long table = 0, size = 0;
    for (const struct dynamic *each = _DYNAMIC; each->tag; each++) {
        if (each->tag == 7) table = each->value;
        if (each->tag == 8) size = each->value;
    }
    const struct correction *each = (void *)(__ehdr_start + table);
    for (; size; size -= sizeof *each, each++)
        if (each->kind) /* GNU ld leaves empty entries. */
            *(unsigned long *)(__ehdr_start + each->place) = (unsigned long)__ehdr_start + each->value;
}
#else
extern const struct correction __rela_dyn_start[] __attribute__((visibility("hidden")));
extern const struct correction __rela_dyn_end[] __attribute__((visibility("hidden")));
static void correct(void) {
    const struct correction *each = __rela_dyn_start, *end = __rela_dyn_end;
    for (; each < end; each++)
        *(unsigned long *)(__ehdr_start + each->place) = (unsigned long)__ehdr_start + each->value;
}
#endif

__attribute__((used, noinline, visibility("hidden"))) void start_in_c(void) {
    correct();
    long status = main();
#ifdef __x86_64__
    call(60, status, 0, 0);
#else
    call(93, status, 0, 0);
#endif
}

#ifdef __x86_64__
__asm__(".globl _start\n.type _start, @function\n.pushsection .text._start,\"ax\",@progbits\n"
        "_start: xor %ebp, %ebp\n and $-16, %rsp\n call start_in_c\n ud2\n.size _start, .-_start\n.popsection");
#else
__asm__(".globl _start\n.type _start, %function\n.pushsection .text._start,\"ax\",%progbits\n"
        "_start: mov x29, xzr\n mov x30, xzr\n bl start_in_c\n udf #0\n.size _start, .-_start\n.popsection");
#endif
