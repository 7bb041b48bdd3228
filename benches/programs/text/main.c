/* Strings that grow: words counted, reports formatted, templates filled, text searched and replaced. */
#include "../bench.h"

struct text {
    char *bytes;
    size_t length, capacity;
};

static void reserve(struct text *text, size_t more) {
    if (text->length + more <= text->capacity) return;
    size_t capacity = text->capacity * 2 + more + 16;
    text->bytes = realloc(text->bytes, capacity);
    text->capacity = capacity;
}

static void append(struct text *text, const char *bytes, size_t length) {
    reserve(text, length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void append_byte(struct text *text, char byte) {
    reserve(text, 1);
    text->bytes[text->length++] = byte;
}

static void append_number(struct text *text, uint32_t number) {
    char digits[12];
    int at = 12;
    do digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    append(text, digits + at, (size_t)(12 - at));
}

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct word {
    struct word *next;
    uint32_t hash, count;
    size_t length;
    char bytes[];
};

enum { BUCKETS = 1024 };

static void count_words(struct word **buckets, const struct text *text) {
    for (size_t at = 0; at < text->length;) {
        while (at < text->length && !is_letter(text->bytes[at])) at++;
        size_t start = at;
        uint32_t hash = 2166136261u;
        while (at < text->length && is_letter(text->bytes[at])) hash = (hash ^ (uint8_t)(text->bytes[at++] | 32)) * 16777619u;
        if (at == start) break;
        size_t length = at - start;
        struct word **bucket = &buckets[hash % BUCKETS], *word = *bucket;
        while (word && (word->hash != hash || word->length != length)) word = word->next;
        if (!word) {
            word = malloc(sizeof *word + length);
            *word = (struct word){.next = *bucket, .hash = hash, .length = length};
            for (size_t i = 0; i < length; i++) word->bytes[i] = (char)(text->bytes[start + i] | 32);
            *bucket = word;
        }
        word->count++;
    }
}

static void fill_template(struct text *out, const char *form, const char *name, uint32_t number) {
    for (; *form; form++) {
        if (*form != '%') append_byte(out, *form);
        else if (*++form == 's') append(out, name, strlen(name));
        else if (*form == 'd') append_number(out, number);
        else append_byte(out, *form);
    }
}

static void replace(struct text *out, const struct text *in, const char *from, const char *to) {
    size_t from_length = strlen(from), to_length = strlen(to), at = 0;
    while (at < in->length) {
        const char *found = memchr(in->bytes + at, from[0], in->length - at);
        if (!found) break;
        size_t position = (size_t)(found - in->bytes);
        append(out, in->bytes + at, position - at);
        if (position + from_length <= in->length && memcmp(found, from, from_length) == 0) {
            append(out, to, to_length);
            at = position + from_length;
        } else {
            append_byte(out, from[0]);
            at = position + 1;
        }
    }
    append(out, in->bytes + at, in->length - at);
}

static uint64_t pass(uint32_t seed) {
    static const char *names[] = {"Ada", "Barbara", "Charles", "Donald", "Edsger", "Frances", "Grace", "Hedy"};
    static const char *forms[] = {"Dear %s, you owe us %d shillings and %d%% of the ships.\n",
                                  "%s said: the answer is %d, and the question shall be told later.\n",
                                  "In the year %d the harbour belonged to %s and her brothers.\n"};
    struct text text = {0}, replaced = {0}, report = {0};
    struct word **buckets = calloc(BUCKETS, sizeof *buckets);
    uint32_t state = seed;
    for (int i = 0; i < 1500; i++) {
        uint32_t random = next_random(&state);
        fill_template(&text, forms[random % 3], names[random >> 4 & 7], random >> 12);
        if (random % 5 == 0) {
            char line[80];
            int length = snprintf(line, sizeof line, "[%04x] %-10s|%6d|%c\n", random & 0xffff, names[random & 7], (int)random >> 16, 'a' + (int)(random % 26));
            append(&text, line, (size_t)length);
        }
    }
    replace(&replaced, &text, "the ", "a certain ");
    for (size_t i = 0; i < replaced.length; i++)
        if (replaced.bytes[i] == 's' && (i == 0 || !is_letter(replaced.bytes[i - 1]))) replaced.bytes[i] = 'S';
    count_words(buckets, &replaced);
    for (int i = 0; i < BUCKETS; i++)
        for (struct word *word = buckets[i]; word;) {
            struct word *next = word->next;
            append(&report, word->bytes, word->length);
            append(&report, ": ", 2);
            append_number(&report, word->count);
            append_byte(&report, '\n');
            free(word);
            word = next;
        }
    uint64_t sum = mix(mix(MIX_START, report.bytes, report.length), replaced.bytes, replaced.length);
    free(buckets);
    free(text.bytes);
    free(replaced.bytes);
    free(report.bytes);
    return sum;
}

int main(int argc, char **argv) {
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        uint64_t found = pass((uint32_t)rounds);
        sum = mix(sum, &found, sizeof found);
    }
    return print_checksum(sum);
}
