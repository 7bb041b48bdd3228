/* Every kind of symbol and section in one program; the second half is in features_library.c. */
void print(const char *text);
void print_hex(unsigned long value);

extern int from_library(int);
extern int library_counter;
extern int weak_everywhere;
extern int *library_view_of_weak(void);
extern int missing_function(void) __attribute__((weak));
extern int missing_data __attribute__((weak));
int common_one, common_two[100];
extern int absolute_symbol;
/* In data, because code reaches symbols by distance, which is wrong for a constant when the program moves. */
static int *volatile absolute = &absolute_symbol;

int weak_value(void) __attribute__((weak));
int weak_value(void) { return 1; }

int weak_everywhere __attribute__((weak)) = 7;

static int local(int x) { return x * 3; }
int (*const volatile table[])(int) = {local, from_library};
const char *const volatile names[] = {"zero\n", "one\n", "two\n"};
static int zeros[1000];
static const char *volatile pointer_to_text = "pointer\n";

#define ENTRY(number) \
    static const int entry_##number __attribute__((used, retain, section("my_list"))) = number;
ENTRY(1) ENTRY(2) ENTRY(3)
extern const int __start_my_list[], __stop_my_list[];

static int order;
__attribute__((constructor(200))) static void first(void) { order = order * 10 + 1; }
__attribute__((constructor(1000))) static void second(void) { order = order * 10 + 2; }
__attribute__((constructor)) static void third(void) { order = order * 10 + 3; }
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);

extern char _etext[], _edata[], _end[], __bss_start[], __executable_start[];

/* Must not survive: refers to nothing that exists. */
extern void nobody_defines_this(void);
void unused_function(void) { nobody_defines_this(); }

int main(void) {
    for (void (**each)(void) = __init_array_start; each < __init_array_end; each++) (*each)();
    print_hex(order);
    for (int i = 0; i < 2; i++) print_hex(table[i](5));
    for (int i = 0; i < 3; i++) print(names[i]);
    print(pointer_to_text);
    print_hex(weak_value());
    print_hex(&missing_function == 0);
    print_hex(&missing_data == 0);
    print_hex(library_view_of_weak() == &weak_everywhere);
    print_hex(weak_everywhere);
    for (int i = 0; i < 1000; i++) zeros[i] += i;
    print_hex(zeros[999]);
    common_one = 5;
    common_two[99] = 6;
    print_hex(common_one + common_two[99] + common_two[98]);
    library_counter += 2;
    print_hex(library_counter);
    int sum = 0;
    for (const int *each = __start_my_list; each < __stop_my_list; each++) sum += *each;
    print_hex(sum);
    print_hex((unsigned long)absolute == 0x1234);
    print_hex(__executable_start < _etext && _etext <= _edata && _edata <= __bss_start && __bss_start < _end);
    print_hex((char *)zeros >= __bss_start && (char *)zeros < _end);
    return 42;
}
