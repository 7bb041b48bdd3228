// A Lisp interpreter with a mark-and-sweep collector. Errors travel as values: nothing jumps.
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { NIL, NUMBER, SYMBOL, PAIR, PRIMITIVE, CLOSURE, FAILURE } Kind;
typedef struct Value Value;
typedef Value *(*Primitive)(Value *arguments);
struct Value {
    Kind kind;
    bool marked;
    union {
        int64_t number;
        char *name;
        struct { Value *first, *rest; };
        Primitive primitive;
        struct { Value *parameters, *body, *scope; };
        const char *message;
    };
};

enum { CELLS = 40000, ROOTS = 100000 };
static Value cells[CELLS], nil_value;
static Value *nil = &nil_value, *truth, *globals, *symbols, *free_list;
static Value *roots[ROOTS];
static int root_count, collections;
static FILE *input;

static void mark(Value *v) {
    while (!v->marked && v->kind != NIL) {
        v->marked = true;
        if (v->kind == PAIR) {
            mark(v->first);
            v = v->rest;
        } else if (v->kind == CLOSURE) {
            mark(v->parameters), mark(v->body);
            v = v->scope;
        }
    }
}

static void collect(void) {
    collections++;
    mark(globals), mark(symbols), mark(truth);
    for (int i = 0; i < root_count; i++) mark(roots[i]);
    free_list = NULL;
    for (int i = 0; i < CELLS; i++) {
        Value *v = &cells[i];
        if (!v->marked) {
            if (v->kind == SYMBOL) free(v->name);
            v->kind = NIL;
            v->rest = free_list, free_list = v;
        }
        v->marked = false;
    }
    if (!free_list) {
        fputs("lisp: out of memory\n", stderr);
        exit(3);
    }
}

static Value *keep(Value *v) {
    if (root_count == ROOTS) {
        fputs("lisp: too deep\n", stderr);
        exit(4);
    }
    return roots[root_count++] = v;
}

static Value *allocate(Kind kind) {
    if (!free_list) collect();
    Value *v = free_list;
    free_list = v->rest;
    v->kind = kind;
    v->first = v->rest = nil;
    return v;
}

static Value *number(int64_t n) {
    Value *v = allocate(NUMBER);
    v->number = n;
    return v;
}

static Value *pair(Value *first, Value *rest) {
    keep(first), keep(rest);
    Value *v = allocate(PAIR);
    root_count -= 2;
    v->first = first, v->rest = rest;
    return v;
}

static Value *fail(const char *message) {
    Value *v = allocate(FAILURE);
    v->message = message;
    return v;
}

static Value *symbol(const char *name) {
    for (Value *s = symbols; s->kind == PAIR; s = s->rest)
        if (!strcmp(s->first->name, name)) return s->first;
    Value *v = allocate(SYMBOL);
    v->name = strdup(name);
    symbols = pair(v, symbols);
    return v;
}

static int peek_token(void) {
    for (;;) {
        int c = getc(input);
        if (c == ';')
            while (c != '\n' && c != EOF) c = getc(input);
        if (c == EOF) return EOF;
        if (!isspace(c)) return ungetc(c, input);
    }
}

static Value *read_value(void);

static Value *read_list(void) {
    int c = peek_token();
    if (c == EOF) return fail("missing )");
    if (c == ')') return getc(input), nil;
    Value *first = keep(read_value());
    Value *rest = first->kind == FAILURE ? first : read_list();
    root_count--;
    return rest->kind == FAILURE ? rest : pair(first, rest);
}

static Value *read_value(void) {
    int c = peek_token();
    getc(input);
    if (c == EOF) return fail("end of input");
    if (c == '(') return read_list();
    if (c == ')') return fail("unexpected )");
    if (c == '\'') {
        Value *quoted = read_value();
        if (quoted->kind == FAILURE) return quoted;
        Value *list = keep(pair(quoted, nil));
        list = pair(symbol("quote"), list);
        root_count--;
        return list;
    }
    char text[64];
    int length = 0;
    for (; c != EOF && !isspace(c) && c != '(' && c != ')'; c = getc(input))
        if (length < 63) text[length++] = (char)c;
    ungetc(c, input);
    text[length] = 0;
    char *end;
    long long n = strtoll(text, &end, 10);
    return *end ? symbol(text) : number(n);
}

static void print(Value *v) {
    switch (v->kind) {
    case NIL: printf("()"); break;
    case NUMBER: printf("%lld", (long long)v->number); break;
    case SYMBOL: printf("%s", v->name); break;
    case PRIMITIVE: printf("<primitive>"); break;
    case CLOSURE: printf("<lambda>"); break;
    case FAILURE: printf("error: %s", v->message); break;
    case PAIR:
        putchar('(');
        for (;; putchar(' ')) {
            print(v->first);
            v = v->rest;
            if (v->kind != PAIR) break;
        }
        if (v->kind != NIL) printf(" . "), print(v);
        putchar(')');
    }
}

static Value *lookup(Value *name, Value *scope) {
    for (Value *s = scope; s->kind == PAIR; s = s->rest)
        if (s->first->first == name) return s->first;
    for (Value *s = globals; s->kind == PAIR; s = s->rest)
        if (s->first->first == name) return s->first;
    return NULL;
}

static Value *evaluate(Value *v, Value *scope);

static Value *evaluate_list(Value *list, Value *scope) {
    if (list->kind != PAIR) return nil;
    Value *first = keep(evaluate(list->first, scope));
    Value *rest = first->kind == FAILURE ? first : evaluate_list(list->rest, scope);
    root_count--;
    return rest->kind == FAILURE ? rest : pair(first, rest);
}

// The loop is what makes tail calls free.
static Value *evaluate(Value *v, Value *scope) {
    int base = root_count;
    Value *result = NULL;
    keep(v), keep(scope);
    while (!result) {
        root_count = base;
        keep(v), keep(scope);
        if (v->kind == SYMBOL) {
            Value *bound = lookup(v, scope);
            result = bound ? bound->rest : fail("unbound symbol");
            break;
        }
        if (v->kind != PAIR) {
            result = v;
            break;
        }
        const char *form = v->first->kind == SYMBOL ? v->first->name : "";
        Value *rest = v->rest;
        if (!strcmp(form, "quote")) {
            result = rest->first;
        } else if (!strcmp(form, "if")) {
            Value *condition = evaluate(rest->first, scope);
            if (condition->kind == FAILURE) result = condition;
            else if (condition->kind != NIL) v = rest->rest->first;
            else if (rest->rest->rest->kind == PAIR) v = rest->rest->rest->first;
            else result = nil;
        } else if (!strcmp(form, "define") || !strcmp(form, "set!")) {
            Value *value = evaluate(rest->rest->first, scope);
            if (value->kind == FAILURE) {
                result = value;
                break;
            }
            keep(value);
            Value *bound = lookup(rest->first, !strcmp(form, "set!") ? scope : nil);
            if (bound) bound->rest = value;
            else globals = pair(keep(pair(rest->first, value)), globals);
            result = rest->first;
        } else if (!strcmp(form, "lambda")) {
            result = allocate(CLOSURE);
            result->parameters = rest->first, result->body = rest->rest, result->scope = scope;
        } else {
            Value *function = keep(evaluate(v->first, scope));
            if (function->kind == FAILURE) {
                result = function;
                break;
            }
            Value *arguments = keep(evaluate_list(rest, scope));
            if (arguments->kind == FAILURE) {
                result = arguments;
            } else if (function->kind == PRIMITIVE) {
                result = function->primitive(arguments);
            } else if (function->kind == CLOSURE) {
                Value *inner = function->scope;
                for (Value *p = function->parameters; p->kind == PAIR; p = p->rest, arguments = arguments->rest) {
                    if (arguments->kind != PAIR) {
                        result = fail("too few arguments");
                        break;
                    }
                    keep(inner = pair(keep(pair(p->first, arguments->first)), inner));
                }
                if (result) break;
                Value *body = function->body;
                for (; body->rest->kind == PAIR && !result; body = body->rest) {
                    Value *ignored = evaluate(body->first, inner);
                    if (ignored->kind == FAILURE) result = ignored;
                }
                v = body->first, scope = inner;
            } else {
                result = fail("not a function");
            }
        }
    }
    root_count = base;
    return result;
}

#define ARITHMETIC(name, expression)                                                                     \
    static Value *name(Value *l) {                                                                       \
        if (l->kind != PAIR || l->rest->kind != PAIR) return fail(#name " needs two numbers");           \
        if (l->first->kind != NUMBER || l->rest->first->kind != NUMBER) return fail("not a number");     \
        int64_t a = l->first->number, b = l->rest->first->number;                                        \
        (void)a, (void)b;                                                                                \
        expression;                                                                                      \
    }
ARITHMETIC(add, return number((int64_t)((uint64_t)a + (uint64_t)b)))
ARITHMETIC(subtract, return number((int64_t)((uint64_t)a - (uint64_t)b)))
ARITHMETIC(multiply, return number((int64_t)((uint64_t)a *(uint64_t)b)))
ARITHMETIC(divide, return b ? number(a / b) : fail("division by zero"))
ARITHMETIC(modulo, return b ? number(a % b) : fail("division by zero"))
ARITHMETIC(less, return a < b ? truth : nil)
ARITHMETIC(equal, return a == b ? truth : nil)
static Value *is_null(Value *l) { return l->first->kind == NIL ? truth : nil; }
static Value *cons(Value *l) { return l->rest->kind == PAIR ? pair(l->first, l->rest->first) : fail("cons needs two"); }
static Value *car(Value *l) { return l->first->kind == PAIR ? l->first->first : fail("car of no pair"); }
static Value *cdr(Value *l) { return l->first->kind == PAIR ? l->first->rest : fail("cdr of no pair"); }
static Value *display(Value *l) { return print(l->first), putchar('\n'), nil; }

static void define(const char *name, Primitive primitive) {
    Value *v = keep(allocate(PRIMITIVE));
    v->primitive = primitive;
    globals = pair(keep(pair(symbol(name), v)), globals);
    root_count = 0;
}

int main(int argc, char **argv) {
    nil->first = nil->rest = nil;
    truth = globals = symbols = nil;
    for (int i = 0; i < CELLS; i++) cells[i].rest = free_list, free_list = &cells[i];
    truth = symbol("t");
    globals = pair(keep(pair(truth, truth)), globals);
    define("+", add), define("-", subtract), define("*", multiply), define("/", divide), define("mod", modulo);
    define("<", less), define("=", equal), define("null?", is_null);
    define("cons", cons), define("car", car), define("cdr", cdr), define("display", display);
    input = argc > 1 ? fopen(argv[1], "r") : stdin;
    if (!input) return perror(argv[1]), 1;
    int failures = 0;
    while (peek_token() != EOF) {
        root_count = 0;
        Value *v = read_value();
        if (v->kind != FAILURE) v = evaluate(keep(v), nil);
        print(v), putchar('\n');
        failures += v->kind == FAILURE;
    }
    printf("%s collections, %d failures\n", collections > 10 ? "many" : collections ? "some" : "no", failures);
    return failures > 0;
}
