// Text tools in one program: wc, grep, sort, uniq and a recursive listing, over files of granted directories.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int fail(const char *what) {
    fprintf(stderr, "textutil: %s: %s\n", what, strerror(errno));
    return 1;
}

static char *read_line(FILE *in) {
    size_t capacity = 16, length = 0;
    char *line = malloc(capacity);
    int c;
    while ((c = getc(in)) != EOF && c != '\n') {
        if (length + 1 == capacity) line = realloc(line, capacity *= 2);
        line[length++] = (char)c;
    }
    if (c == EOF && length == 0) {
        free(line);
        return NULL;
    }
    line[length] = 0;
    return line;
}

static int wc(const char *path) {
    FILE *in = strcmp(path, "-") ? fopen(path, "r") : stdin;
    if (!in) return fail(path);
    long lines = 0, words = 0, bytes = 0;
    int inside = 0, c;
    while ((c = getc(in)) != EOF) {
        bytes++;
        lines += c == '\n';
        int space = c == ' ' || c == '\n' || c == '\t';
        words += !space && !inside;
        inside = !space;
    }
    printf("%6ld %6ld %6ld %s\n", lines, words, bytes, path);
    if (in != stdin) fclose(in);
    return 0;
}

// `.` any character, `*` repeats the one before, `^` and `$` anchor.
static int match_here(const char *pattern, const char *text) {
    if (!pattern[0]) return 1;
    if (pattern[1] == '*') {
        const char *end = text;
        while (*end && (pattern[0] == '.' || *end == pattern[0])) end++;
        for (;; end--) {
            if (match_here(pattern + 2, end)) return 1;
            if (end == text) return 0;
        }
    }
    if (pattern[0] == '$' && !pattern[1]) return !*text;
    if (*text && (pattern[0] == '.' || pattern[0] == *text)) return match_here(pattern + 1, text + 1);
    return 0;
}

static int matches(const char *pattern, const char *text) {
    if (pattern[0] == '^') return match_here(pattern + 1, text);
    do {
        if (match_here(pattern, text)) return 1;
    } while (*text++);
    return 0;
}

static int grep(const char *pattern, const char *path) {
    FILE *in = fopen(path, "r");
    if (!in) return fail(path);
    long number = 0, found = 0;
    for (char *line; (line = read_line(in)); free(line)) {
        number++;
        if (matches(pattern, line)) found++, printf("%s:%ld:%s\n", path, number, line);
    }
    fclose(in);
    return found == 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int sort(const char *path, const char *out_path, int unique) {
    FILE *in = fopen(path, "r");
    if (!in) return fail(path);
    char **lines = NULL, *line;
    size_t count = 0, capacity = 0;
    while ((line = read_line(in))) {
        if (count == capacity) lines = realloc(lines, (capacity = capacity ? capacity * 2 : 4) * sizeof *lines);
        lines[count++] = line;
    }
    fclose(in);
    qsort(lines, count, sizeof *lines, by_text);
    FILE *out = fopen(out_path, "w");
    if (!out) return fail(out_path);
    size_t written = 0;
    for (size_t i = 0; i < count; i++)
        if (!unique || i == 0 || strcmp(lines[i], lines[i - 1])) fprintf(out, "%s\n", lines[i]), written++;
    if (fclose(out)) return fail(out_path);
    printf("%zu lines in, %zu out\n", count, written);
    return 0;
}

static int list(const char *path, int depth) {
    DIR *dir = opendir(path);
    if (!dir) return fail(path);
    char **names = NULL;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        names = realloc(names, (count + 1) * sizeof *names);
        names[count++] = strdup(entry->d_name);
    }
    closedir(dir);
    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++) {
        char child[512];
        snprintf(child, sizeof child, "%s/%s", path, names[i]);
        struct stat st;
        if (stat(child, &st)) return fail(child);
        printf("%*s%s", depth * 2, "", names[i]);
        if (S_ISDIR(st.st_mode)) {
            puts("/");
            if (list(child, depth + 1)) return 1;
        } else {
            printf(" %lld\n", (long long)st.st_size);
        }
        free(names[i]);
    }
    free(names);
    return 0;
}

int main(int argc, char **argv) {
    const char *tool = argc > 1 ? argv[1] : "";
    int status = 0;
    if (!strcmp(tool, "wc") && argc > 2) {
        for (int i = 2; i < argc; i++) status |= wc(argv[i]);
    } else if (!strcmp(tool, "grep") && argc > 3) {
        for (int i = 3; i < argc; i++) status |= grep(argv[2], argv[i]);
    } else if (!strcmp(tool, "sort") && argc == 4) {
        status = sort(argv[2], argv[3], 0);
    } else if (!strcmp(tool, "uniq") && argc == 4) {
        status = sort(argv[2], argv[3], 1);
    } else if (!strcmp(tool, "ls") && argc == 3) {
        status = list(argv[2], 0);
    } else {
        fprintf(stderr, "usage: textutil wc|grep|sort|uniq|ls …\n");
        status = 2;
    }
    return status;
}
