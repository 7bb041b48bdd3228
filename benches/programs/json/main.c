/* A JSON parser and writer: text to a tree of values in an arena, walked, and back to text. */
#include "../bench.h"

enum kind { NOTHING, FALSE_VALUE, TRUE_VALUE, NUMBER, STRING, ARRAY, OBJECT };

struct value {
    enum kind kind;
    struct value *next;  /* in the array or object that it is in */
    struct value *first; /* of an array or object */
    const char *name;    /* in an object */
    uint32_t name_length, text_length;
    const char *text;
    double number;
};

struct arena {
    char *at, *end;
};

static void *take(struct arena *arena, size_t length) {
    length = (length + 15) & ~(size_t)15;
    if (arena->at + length > arena->end) {
        fprintf(stderr, "the arena is full\n");
        exit(1);
    }
    void *out = arena->at;
    arena->at += length;
    return out;
}

struct parser {
    const char *at, *end;
    struct arena *arena;
};

static void wrong(struct parser *parser, const char *what) {
    fprintf(stderr, "%s, %ld bytes before the end\n", what, (long)(parser->end - parser->at));
    exit(1);
}

static void skip_space(struct parser *parser) {
    while (parser->at < parser->end) {
        char c = *parser->at;
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') break;
        parser->at++;
    }
}

static int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static const char *parse_string(struct parser *parser, uint32_t *length) {
    parser->at++;
    const char *start = parser->at;
    while (parser->at < parser->end && *parser->at != '"' && *parser->at != '\\') parser->at++;
    if (parser->at < parser->end && *parser->at == '"') {
        *length = (uint32_t)(parser->at++ - start);
        return start;
    }
    const char *close = parser->at;
    while (close < parser->end && *close != '"') close += *close == '\\' ? 2 : 1;
    char *out = take(parser->arena, (size_t)(close - start)), *to = out;
    memcpy(to, start, (size_t)(parser->at - start));
    to += parser->at - start;
    while (parser->at < parser->end && *parser->at != '"') {
        char c = *parser->at++;
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        switch (c = *parser->at++) {
        case 'n': *to++ = '\n'; break;
        case 't': *to++ = '\t'; break;
        case 'r': *to++ = '\r'; break;
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'u': {
            uint32_t point = 0;
            for (int i = 0; i < 4; i++) {
                int digit = hexadecimal(*parser->at++);
                if (digit < 0) wrong(parser, "not a digit");
                point = point << 4 | (uint32_t)digit;
            }
            if (point < 0x80) {
                *to++ = (char)point;
            } else if (point < 0x800) {
                *to++ = (char)(0xc0 | point >> 6);
                *to++ = (char)(0x80 | (point & 63));
            } else {
                *to++ = (char)(0xe0 | point >> 12);
                *to++ = (char)(0x80 | (point >> 6 & 63));
                *to++ = (char)(0x80 | (point & 63));
            }
            break;
        }
        default: *to++ = c;
        }
    }
    parser->at++;
    *length = (uint32_t)(to - out);
    return out;
}

static double parse_number(struct parser *parser) {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int negative = 0;
    if (*parser->at == '-') {
        negative = 1;
        parser->at++;
    }
    uint64_t digits = 0;
    int after_point = 0, exponent = 0;
    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9') digits = digits * 10 + (uint64_t)(*parser->at++ - '0');
    if (parser->at < parser->end && *parser->at == '.') {
        parser->at++;
        while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9') {
            digits = digits * 10 + (uint64_t)(*parser->at++ - '0');
            after_point++;
        }
    }
    if (parser->at < parser->end && (*parser->at == 'e' || *parser->at == 'E')) {
        parser->at++;
        int sign = 1;
        if (*parser->at == '-' || *parser->at == '+') sign = *parser->at++ == '-' ? -1 : 1;
        while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9') exponent = exponent * 10 + (*parser->at++ - '0');
        exponent *= sign;
    }
    exponent -= after_point;
    double value = (double)digits;
    if (exponent > 15 || exponent < -15) wrong(parser, "a number of many digits");
    value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    return negative ? -value : value;
}

static int starts_with(struct parser *parser, const char *word, size_t length) {
    if ((size_t)(parser->end - parser->at) < length || memcmp(parser->at, word, length) != 0) return 0;
    parser->at += length;
    return 1;
}

static struct value *parse_value(struct parser *parser, int depth) {
    if (depth > 100) wrong(parser, "too deep");
    skip_space(parser);
    struct value *value = take(parser->arena, sizeof *value);
    memset(value, 0, sizeof *value);
    if (parser->at >= parser->end) wrong(parser, "no value");
    switch (*parser->at) {
    case '{':
    case '[': {
        char close = *parser->at == '{' ? '}' : ']';
        value->kind = close == '}' ? OBJECT : ARRAY;
        struct value **last = &value->first;
        parser->at++;
        skip_space(parser);
        if (*parser->at == close) {
            parser->at++;
            return value;
        }
        for (;;) {
            const char *name = 0;
            uint32_t name_length = 0;
            if (close == '}') {
                skip_space(parser);
                if (*parser->at != '"') wrong(parser, "no name");
                name = parse_string(parser, &name_length);
                skip_space(parser);
                if (*parser->at++ != ':') wrong(parser, "no colon");
            }
            struct value *inside = parse_value(parser, depth + 1);
            inside->name = name;
            inside->name_length = name_length;
            *last = inside;
            last = &inside->next;
            skip_space(parser);
            char c = *parser->at++;
            if (c == close) return value;
            if (c != ',') wrong(parser, "no comma");
        }
    }
    case '"':
        value->kind = STRING;
        value->text = parse_string(parser, &value->text_length);
        return value;
    case 't':
        value->kind = TRUE_VALUE;
        if (starts_with(parser, "true", 4)) return value;
        break;
    case 'f':
        value->kind = FALSE_VALUE;
        if (starts_with(parser, "false", 5)) return value;
        break;
    case 'n':
        value->kind = NOTHING;
        if (starts_with(parser, "null", 4)) return value;
        break;
    default:
        value->kind = NUMBER;
        value->number = parse_number(parser);
        return value;
    }
    wrong(parser, "no such word");
    return value;
}

static char *write_text(char *out, const char *text, uint32_t length) {
    *out++ = '"';
    for (uint32_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = c;
        } else if (c == '\n') {
            *out++ = '\\';
            *out++ = 'n';
        } else {
            *out++ = c;
        }
    }
    *out++ = '"';
    return out;
}

static char *write_number(char *out, double number) {
    if (number < 0) {
        *out++ = '-';
        number = -number;
    }
    uint64_t scaled = (uint64_t)(number * 1000 + 0.5);
    char digits[24];
    int count = 0;
    for (uint64_t whole = scaled / 1000; whole > 0 || count == 0; whole /= 10) digits[count++] = (char)('0' + whole % 10);
    while (count > 0) *out++ = digits[--count];
    uint32_t part = (uint32_t)(scaled % 1000);
    if (part > 0) {
        *out++ = '.';
        *out++ = (char)('0' + part / 100);
        *out++ = (char)('0' + part / 10 % 10);
        *out++ = (char)('0' + part % 10);
    }
    return out;
}

static char *write_value(char *out, const struct value *value) {
    switch (value->kind) {
    case NOTHING: memcpy(out, "null", 4); return out + 4;
    case FALSE_VALUE: memcpy(out, "false", 5); return out + 5;
    case TRUE_VALUE: memcpy(out, "true", 4); return out + 4;
    case NUMBER: return write_number(out, value->number);
    case STRING: return write_text(out, value->text, value->text_length);
    case ARRAY:
    case OBJECT:
        *out++ = value->kind == ARRAY ? '[' : '{';
        for (const struct value *inside = value->first; inside; inside = inside->next) {
            if (inside != value->first) *out++ = ',';
            if (value->kind == OBJECT) {
                out = write_text(out, inside->name, inside->name_length);
                *out++ = ':';
            }
            out = write_value(out, inside);
        }
        *out++ = value->kind == ARRAY ? ']' : '}';
    }
    return out;
}

/* Adds up the numbers called `price` and counts what is below. */
static double walk(const struct value *value, uint32_t *count) {
    double sum = 0;
    ++*count;
    if (value->kind == NUMBER && value->name_length == 5 && memcmp(value->name, "price", 5) == 0) sum += value->number;
    for (const struct value *inside = value->first; inside; inside = inside->next) sum += walk(inside, count);
    return sum;
}

static size_t make_text(char *text, int records) {
    static const char *words[] = {"alpha", "beta \\\"quoted\\\"", "gamma\\n", "delta", "caf\\u00e9", "a longer piece of text without escapes"};
    uint32_t state = 42;
    char *at = text;
    at += sprintf(at, "{\n  \"records\": [\n");
    for (int i = 0; i < records; i++) {
        uint32_t random = next_random(&state);
        at += sprintf(at, "    {\"id\": %d, \"name\": \"%s\", \"price\": %u.%02u, \"scale\": %d.5e%d,\n", i, words[random % 6],
                      random >> 20, random % 100, (int)(random >> 8 & 255) - 128, (int)(random & 3));
        at += sprintf(at, "     \"tags\": [\"%s\", \"%s\", null, %s], \"place\": {\"x\": %d, \"y\": -%u, \"inside\": {\"deep\": [[1, 2], [3]]}}}%s\n",
                      words[(random >> 4) % 6], words[(random >> 9) % 6], random & 64 ? "true" : "false", i * 3,
                      random & 1023, i + 1 < records ? "," : "");
    }
    at += sprintf(at, "  ]\n}\n");
    return (size_t)(at - text);
}

int main(int argc, char **argv) {
    enum { RECORDS = 2000, ARENA = 8 << 20 };
    char *text = malloc(RECORDS * 400), *again = malloc(RECORDS * 400), *memory = malloc(ARENA);
    size_t length = make_text(text, RECORDS);
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 10); rounds > 0; rounds--) {
        struct arena arena = {memory, memory + ARENA};
        struct parser parser = {text, text + length, &arena};
        struct value *root = parse_value(&parser, 0);
        size_t written = (size_t)(write_value(again, root) - again);
        struct parser second = {again, again + written, &arena};
        uint32_t count = 0;
        double total = walk(parse_value(&second, 0), &count);
        sum = mix(sum, &total, sizeof total) + count + written;
        if (rounds % 16 == 0) sum = mix(sum, again, written);
    }
    return print_checksum(sum);
}
