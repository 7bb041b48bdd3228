// What C is made of: structures by value, unions, bit fields, function pointers, variable arguments, sorting, searching,
// 64-bit arithmetic, floating point and its text forms.
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { double x, y, z; } Vector;
typedef struct { char name[12]; int age; Vector place; unsigned short flags; } Person;
typedef struct { unsigned low : 3, middle : 11, high : 18; signed sign : 5; } Bits;
typedef union { double f; uint64_t i; unsigned char bytes[8]; } Word;

static Vector add(Vector a, Vector b) { return (Vector){a.x + b.x, a.y + b.y, a.z + b.z}; }
static Vector scale(Vector a, double k) { return (Vector){a.x * k, a.y * k, a.z * k}; }
static Person older(Person p, int years) { p.age += years; return p; }

static int by_age(const void *a, const void *b) {
    const Person *p = a, *q = b;
    return p->age != q->age ? (p->age > q->age) - (p->age < q->age) : strcmp(p->name, q->name);
}
static int by_int(const void *a, const void *b) { return (*(int *)a > *(int *)b) - (*(int *)a < *(int *)b); }

static double total(const char *kinds, ...) {
    va_list list;
    va_start(list, kinds);
    double sum = 0;
    for (; *kinds; kinds++) {
        switch (*kinds) {
        case 'i': sum += va_arg(list, int); break;
        case 'l': sum += (double)va_arg(list, long long); break;
        case 'd': sum += va_arg(list, double); break;
        case 'v': sum += va_arg(list, Vector).y; break;
        }
    }
    va_end(list);
    return sum;
}

static uint64_t state = 88172645463325252u;
static uint64_t next(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static int classify(unsigned n) {
    switch (n % 17) {
    case 0: return 1;
    case 1: case 2: case 3: return 10;
    case 5: n++; // falls through
    case 7: return (int)n;
    case 16: return -1;
    default: return 0;
    }
}

int main(void) {
    Vector v = {0};
    for (int i = 1; i <= 10; i++) v = add(v, scale((Vector){i, 1.0 / i, sqrt(i)}, i % 2 ? 1 : -0.5));
    printf("vector %.10g %.10g %.10g\n", v.x, v.y, v.z);

    Person people[50];
    for (int i = 0; i < 50; i++) {
        people[i] = (Person){"", (int)(next() % 90), {i, -i, 0}, (unsigned short)(next() & 0xffff)};
        snprintf(people[i].name, sizeof people[i].name, "p%02d-%x", i, (unsigned)(next() & 0xfffff));
        if (i % 7 == 0) people[i] = older(people[i], 100);
    }
    qsort(people, 50, sizeof *people, by_age);
    printf("people %s %s %s, sizes %zu %zu\n", people[0].name, people[25].name, people[49].name, sizeof(Person),
           offsetof(Person, flags));
    Person key = people[31], *found = bsearch(&key, people, 50, sizeof *people, by_age);
    printf("found %td %d\n", found - people, found->age);

    Bits bits = {.low = 5, .middle = 2047, .high = 1 << 17, .sign = -13};
    bits.middle += 2;
    printf("bits %u %u %u %d\n", bits.low, bits.middle, bits.high, bits.sign);
    Word word = {.f = -1234.5678};
    printf("word %016" PRIx64 " %02x %02x\n", word.i, word.bytes[0], word.bytes[7]);
    printf("variadic %.6f\n", total("ildvi", 1, 2000000000000LL, 0.5, (Vector){1, 2, 3}, -4));

    int sum = 0;
    for (unsigned i = 0; i < 1000; i++) sum += classify(i);
    printf("switch %d\n", sum);

    int numbers[2000];
    for (int i = 0; i < 2000; i++) numbers[i] = (int)(next() >> 33) - (1 << 29);
    qsort(numbers, 2000, sizeof(int), by_int);
    int ordered = 1;
    for (int i = 1; i < 2000; i++) ordered &= numbers[i - 1] <= numbers[i];
    printf("sorted %d %d %d\n", ordered, numbers[0], numbers[1999]);

    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < 3000; i++) {
        int64_t a = (int64_t)next(), b = (int64_t)next() >> (next() % 63) | 1;
        hash = (hash ^ (uint64_t)(a / b) ^ (uint64_t)(a % b)) * 1099511628211u;
        hash ^= (uint64_t)__builtin_clzll(a | 1) << 8 ^ (uint64_t)__builtin_ctzll(a | 16) ^ (uint64_t)__builtin_popcountll(a) << 20;
        hash = hash << (b & 31) | hash >> (64 - (b & 31) & 63);
        hash += (uint64_t)((unsigned __int128)a * (uint64_t)b >> 64);
    }
    printf("integers %016" PRIx64 "\n", hash);

    double (*functions[])(double) = {sin, cos, tan, asin, acos, atan, sinh, exp, log1p, cbrt, floor, ceil, round, trunc};
    double all = 0;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) all += functions[i](0.6180339887 - 0.1 * (double)(i % 3));
    printf("math %.9f %.9f %.9f %.9f\n", all, pow(2.5, -3.25), atan2(-1, -2), fmod(-7.5, 2));
    printf("forms %g %e %.3f %a %5d|%-6s|%06.2f|%+d|%x|%o|%c|%%\n", 1e-7, 123456.789, 2.0005, 0.15625, 42, "ab", 3.14159, 7,
           0xbeef, 8, 'z');
    printf("limits %g %g %d %lld %.17g %g %g\n", DBL_MAX, DBL_MIN, INT_MIN, LLONG_MAX, 0.1, (double)INFINITY, -0.0);
    printf("parsed %d %ld %llu %.3f %.6g\n", atoi("-17x"), strtol("0x7fzz", NULL, 0), strtoull("18446744073709551615", NULL, 10),
           strtod("6.02e23", NULL) / 1e23, (double)strtof("1e-40", NULL) * 1e40);
    int a, b;
    char text[16];
    printf("scanned %d", sscanf("12 abc -9", "%d %15s %d", &a, text, &b));
    printf(" %d %s %d\n", a, text, b);
    printf("casts %d %u %lld %d\n", (int)-3.99, (unsigned)3e9, (long long)-1e15, (signed char)300);

    struct tm date = {.tm_year = 124, .tm_mon = 1, .tm_mday = 29};
    time_t seconds = mktime(&date);
    strftime(text, sizeof text, "%Y-%m-%d %a", gmtime(&seconds));
    printf("date %lld %s\n", (long long)seconds, text);
    return 0;
}
