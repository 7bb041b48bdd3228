/* A host that gives its guests WASI: what they get, what they do not, how they end, and that they share nothing. */
#include "guest.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK(condition) check(condition, #condition, __LINE__)

static void check(int holds, const char *condition, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: `%s` does not hold\n", __FILE__, line, condition);
        exit(1);
    }
}

/* Errors of WASI. */
enum { SUCCESS = 0, BADF = 8, FAULT = 21, MFILE = 33, NOENT = 44, NOSPC = 51, NOTSUP = 58, PERM = 63, PIPE = 64, NOTCAPABLE = 76 };

/* Exits in a call of its own, which the guest outside does not notice. */
static int env_enter(void *host, guest_instance *guest, int32_t code, int32_t *result)
{
    aot_trap trap;
    (void)host;
    CHECK(guest_call_exit(guest, code, &trap) == AOT_TRAP_EXITED);
    *result = trap.host_error;
    return 0;
}

static guest_instance *create(void)
{
    static const guest_imports imports = {env_enter};
    guest_instance *guest = NULL;
    CHECK(guest_create(&imports, NULL, &guest, NULL) == AOT_OK);
    return guest;
}

/* The answer of a function of the guest. */
#define ANSWER(function) (CHECK((function) == AOT_OK), result)

static uint32_t word(guest_instance *guest, uint32_t address)
{
    uint8_t bytes[4];
    CHECK(aot_memory_read(guest_memory_memory(guest), address, bytes, 4) == AOT_OK);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put(guest_instance *guest, uint32_t address, const char *text)
{
    CHECK(aot_memory_write(guest_memory_memory(guest), address, text, strlen(text)) == AOT_OK);
}

static void nothing_is_granted(void)
{
    int32_t result = 0;
    int fd;
    guest_instance *guest = create();
    CHECK(ANSWER(guest_call_counts(guest, &result, NULL)) == 0);
    put(guest, 100, "/etc/passwd");
    for (fd = 3; fd < 20; fd++) {
        CHECK(ANSWER(guest_call_grant(guest, fd, &result, NULL)) == BADF);
        CHECK(ANSWER(guest_call_stat(guest, fd, &result, NULL)) == BADF);
        CHECK(ANSWER(guest_call_read(guest, fd, 200, 10, &result, NULL)) == BADF);
        CHECK(ANSWER(guest_call_open(guest, fd, 100, 11, &result, NULL)) == BADF);
    }
    /* Standard input is empty, and what is written goes nowhere. */
    CHECK(ANSWER(guest_call_read(guest, 0, 200, 10, &result, NULL)) == SUCCESS && word(guest, 24) == 0);
    CHECK(ANSWER(guest_call_write(guest, 1, 100, 11, &result, NULL)) == SUCCESS && word(guest, 24) == 11);
    CHECK(ANSWER(guest_call_write(guest, 2, 100, 11, &result, NULL)) == SUCCESS && word(guest, 24) == 11);
    CHECK(aot_wasi_output((aot_instance *)guest, 1, 0, NULL, 0) == 0);
    CHECK(ANSWER(guest_call_time(guest, 0, &result, NULL)) == SUCCESS);
    CHECK(ANSWER(guest_call_random(guest, 0, 16, &result, NULL)) == SUCCESS);
    guest_destroy(guest);
}

static void streams_in_memory(void)
{
    char bytes[32];
    int32_t result = 0;
    guest_instance *guest = create();
    aot_instance *instance = (aot_instance *)guest;
    aot_wasi *wasi = aot_wasi_create();
    aot_wasi_argument(wasi, "guest");
    aot_wasi_argument(wasi, "");
    aot_wasi_variable(wasi, "NAME=value");
    aot_wasi_input(wasi, "some\0input", 10);
    aot_wasi_capture(wasi, 1, 10);
    aot_wasi_capture(wasi, 2, 0);
    aot_wasi_capture(wasi, 3, 10);
    aot_wasi_capture(wasi, -1, 10);
    CHECK(aot_wasi_give(wasi, instance, NULL) == AOT_OK);
    CHECK(ANSWER(guest_call_counts(guest, &result, NULL)) == (1 << 16 | 2));
    CHECK(ANSWER(guest_call_read(guest, 0, 100, 7, &result, NULL)) == SUCCESS && word(guest, 24) == 7);
    CHECK(ANSWER(guest_call_read(guest, 0, 107, 50, &result, NULL)) == SUCCESS && word(guest, 24) == 3);
    CHECK(ANSWER(guest_call_read(guest, 0, 110, 50, &result, NULL)) == SUCCESS && word(guest, 24) == 0);
    CHECK(aot_memory_read(guest_memory_memory(guest), 100, bytes, 10) == AOT_OK);
    CHECK(memcmp(bytes, "some\0input", 10) == 0);
    CHECK(ANSWER(guest_call_write(guest, 0, 100, 1, &result, NULL)) == NOTCAPABLE);
    CHECK(ANSWER(guest_call_read(guest, 1, 100, 1, &result, NULL)) == NOTCAPABLE);
    put(guest, 100, "abcdefghijkl");
    CHECK(ANSWER(guest_call_write(guest, 1, 100, 8, &result, NULL)) == SUCCESS && word(guest, 24) == 8);
    CHECK(ANSWER(guest_call_write(guest, 1, 108, 4, &result, NULL)) == SUCCESS && word(guest, 24) == 2);
    CHECK(ANSWER(guest_call_write(guest, 1, 110, 2, &result, NULL)) == NOSPC);
    CHECK(ANSWER(guest_call_write(guest, 2, 100, 1, &result, NULL)) == NOSPC);
    memset(bytes, 0, sizeof bytes);
    CHECK(aot_wasi_output(instance, 1, 0, NULL, 0) == 10);
    CHECK(aot_wasi_output(instance, 1, 4, bytes, sizeof bytes) == 10 && strcmp(bytes, "efghij") == 0);
    CHECK(aot_wasi_output(instance, 1, 11, bytes, 1) == 10 && aot_wasi_output(instance, 7, 0, bytes, 1) == 0);
    /* A second one takes the place of the first. */
    CHECK(aot_wasi_give(aot_wasi_create(), instance, NULL) == AOT_OK);
    CHECK(ANSWER(guest_call_counts(guest, &result, NULL)) == 0);
    guest_destroy(guest);
    aot_wasi_destroy(aot_wasi_create());
    aot_wasi_destroy(NULL);
}

/* How often what could leak is done: an emulator takes its time. */
static int rounds;

static void directories(void)
{
    aot_trap trap;
    int32_t result = 0;
    int index;
    static const guest_imports imports = {env_enter};
    aot_options options = AOT_OPTIONS_INIT;
    guest_instance *guest = create(), *other = create(), *nobody = NULL;
    aot_wasi *wasi = aot_wasi_create();
    aot_wasi_directory(wasi, "grant", "/", 1);
    aot_wasi_descriptors(wasi, 6);
    CHECK(aot_wasi_give(wasi, (aot_instance *)guest, NULL) == AOT_OK);
    put(guest, 100, "file../outside");
    put(other, 100, "file");
    CHECK(ANSWER(guest_call_grant(guest, 3, &result, NULL)) == SUCCESS);
    CHECK(ANSWER(guest_call_grant(guest, 4, &result, NULL)) == BADF);
    CHECK(ANSWER(guest_call_open(guest, 3, 104, 10, &result, NULL)) == PERM);
    CHECK(ANSWER(guest_call_open(guest, 3, 100, 3, &result, NULL)) == NOENT);
    CHECK(ANSWER(guest_call_open(guest, 3, 100, 4, &result, NULL)) == SUCCESS && word(guest, 28) == 4);
    CHECK(ANSWER(guest_call_read(guest, 4, 200, 16, &result, NULL)) == SUCCESS && word(guest, 24) == 6);
    CHECK(word(guest, 200) == ('i' | 'n' << 8 | 's' << 16 | 'i' << 24));
    /* The other one has nothing of it. */
    CHECK(ANSWER(guest_call_open(other, 3, 100, 4, &result, NULL)) == BADF);
    CHECK(ANSWER(guest_call_read(other, 4, 200, 16, &result, NULL)) == BADF);
    /* There are only so many descriptors. */
    CHECK(ANSWER(guest_call_open(guest, 3, 100, 4, &result, NULL)) == SUCCESS && word(guest, 28) == 5);
    CHECK(ANSWER(guest_call_open(guest, 3, 100, 4, &result, NULL)) == MFILE);
    CHECK(ANSWER(guest_call_close(guest, 4, &result, NULL)) == SUCCESS);
    CHECK(ANSWER(guest_call_open(guest, 3, 100, 4, &result, NULL)) == SUCCESS && word(guest, 28) == 4);
    /* What cannot be granted changes nothing. */
    wasi = aot_wasi_create();
    aot_wasi_directory(wasi, "missing", "/", 0);
    CHECK(aot_wasi_give(wasi, (aot_instance *)guest, &trap) == AOT_ERROR_GRANT);
    CHECK(strcmp(trap.message, "cannot grant `missing`: it does not exist") == 0 && trap.status == AOT_ERROR_GRANT);
    CHECK(ANSWER(guest_call_read(guest, 5, 200, 16, &result, NULL)) == SUCCESS && word(guest, 24) == 6);
    wasi = aot_wasi_create();
    aot_wasi_directory(wasi, "missing", "/", 0);
    options.wasi = wasi;
    CHECK(guest_create_with(&imports, NULL, &options, &nobody, &trap) == AOT_ERROR_GRANT && nobody == NULL);
    CHECK(strcmp(trap.message, "cannot grant `missing`: it does not exist") == 0);
    /* A new life has nothing of the old one. */
    CHECK(aot_instance_reset((aot_instance *)guest, NULL) == AOT_OK);
    CHECK(ANSWER(guest_call_stat(guest, 5, &result, NULL)) == BADF);
    CHECK(ANSWER(guest_call_grant(guest, 3, &result, NULL)) == BADF);
    guest_destroy(guest);
    guest_destroy(other);
    /* All descriptors are closed with their instances. */
    for (index = 0; index < rounds; index++) {
        guest = create();
        wasi = aot_wasi_create();
        aot_wasi_directory(wasi, "grant", "/", 0);
        CHECK(aot_wasi_give(wasi, (aot_instance *)guest, NULL) == AOT_OK);
        put(guest, 100, "file");
        CHECK(ANSWER(guest_call_open(guest, 3, 100, 4, &result, NULL)) == SUCCESS);
        guest_destroy(guest);
    }
}

static void exits(void)
{
    aot_trap trap;
    int32_t result = 0;
    guest_instance *guest = create();
    CHECK(guest_call_exit(guest, 0, &trap) == AOT_TRAP_EXITED && trap.host_error == 0);
    CHECK(guest_call_exit(guest, 7, &trap) == AOT_TRAP_EXITED && trap.host_error == 7);
    CHECK(strcmp(trap.message, "the guest has exited") == 0);
    CHECK(guest_call_exit(guest, -1, &trap) == AOT_TRAP_EXITED && trap.host_error == -1);
    CHECK(guest_call_exit(guest, 1, NULL) == AOT_TRAP_EXITED);
    CHECK(guest_call_enter(guest, 42, &result, &trap) == AOT_OK && result == 42);
    /* Nor does a guest signal its host. */
    CHECK(ANSWER(guest_call_raise(guest, 9, &result, NULL)) == NOTSUP);
    guest_destroy(guest);
}

/* Addresses at the end of memory, and beyond. */
static void pointers(void)
{
    int32_t result = 0, round;
    guest_instance *guest = create();
    for (round = 0; round < 2; round++) {
        uint32_t end = (uint32_t)aot_memory_size(guest_memory_memory(guest));
        CHECK(ANSWER(guest_call_time(guest, (int32_t)(end - 8), &result, NULL)) == SUCCESS);
        CHECK(ANSWER(guest_call_time(guest, (int32_t)(end - 7), &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_time(guest, (int32_t)end, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_time(guest, -1, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_random(guest, 0, (int32_t)end, &result, NULL)) == SUCCESS);
        CHECK(ANSWER(guest_call_random(guest, 0, (int32_t)(end + 1), &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_random(guest, 1, -1, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_random(guest, -1, 1, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_read(guest, 0, (int32_t)end, 1, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_write(guest, 1, (int32_t)(end - 1), 1, &result, NULL)) == SUCCESS);
        CHECK(ANSWER(guest_call_write(guest, 1, (int32_t)(end - 1), 2, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_write(guest, 1, 1, -1, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_vectors(guest, (int32_t)(end - 7), 1, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_vectors(guest, 0, 0x20000001, &result, NULL)) == FAULT);
        CHECK(ANSWER(guest_call_open(guest, 3, (int32_t)(end - 1), 2, &result, NULL)) != SUCCESS);
        /* Once more with a memory that may have moved. */
        CHECK(ANSWER(guest_call_grow(guest, 3, &result, NULL)) == 1 + 3 * round);
    }
    guest_destroy(guest);
}

/* A pipe that nobody reads is an error, and not the end of the process. */
static void pipes(void)
{
    int ends[2], saved = dup(1);
    int32_t result = 0;
    sigset_t before, after;
    guest_instance *guest = create();
    aot_wasi *wasi = aot_wasi_create();
    CHECK(pipe(ends) == 0 && dup2(ends[1], 1) == 1 && close(ends[0]) == 0 && close(ends[1]) == 0);
    aot_wasi_inherit(wasi, 1);
    CHECK(aot_wasi_give(wasi, (aot_instance *)guest, NULL) == AOT_OK);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &before) == 0);
    CHECK(ANSWER(guest_call_write(guest, 1, 0, 5, &result, NULL)) == PIPE);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &after) == 0);
    CHECK(sigismember(&before, SIGPIPE) == sigismember(&after, SIGPIPE));
    CHECK(sigpending(&after) == 0 && !sigismember(&after, SIGPIPE));
    guest_destroy(guest);
    CHECK(dup2(saved, 1) == 1 && close(saved) == 0);
}

static void *one_of_many(void *number)
{
    int32_t result = 0;
    int round;
    for (round = 0; round < rounds / 20; round++) {
        static const guest_imports imports = {env_enter};
        char name[16] = "", back[16] = "";
        guest_instance *guest = NULL;
        aot_wasi *wasi = aot_wasi_create();
        aot_options options = AOT_OPTIONS_INIT;
        sprintf(name, "%d of %d", round, *(int *)number);
        aot_wasi_input(wasi, name, strlen(name));
        aot_wasi_capture(wasi, 1, 100);
        aot_wasi_directory(wasi, "grant", "/", 0);
        options.wasi = wasi;
        CHECK(guest_create_with(&imports, NULL, &options, &guest, NULL) == AOT_OK);
        put(guest, 100, "file");
        CHECK(ANSWER(guest_call_open(guest, 3, 100, 4, &result, NULL)) == SUCCESS && word(guest, 28) == 4);
        CHECK(ANSWER(guest_call_read(guest, 0, 200, 16, &result, NULL)) == SUCCESS);
        CHECK(ANSWER(guest_call_write(guest, 1, 200, (int32_t)word(guest, 24), &result, NULL)) == SUCCESS);
        CHECK(aot_wasi_output((aot_instance *)guest, 1, 0, back, sizeof back) == strlen(name));
        CHECK(strcmp(name, back) == 0);
        CHECK(guest_call_exit(guest, round, NULL) == AOT_TRAP_EXITED);
        guest_destroy(guest);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[4];
    int numbers[4], index;
    CHECK(argc == 2);
    rounds = atoi(argv[1]);
    nothing_is_granted();
    streams_in_memory();
    directories();
    exits();
    pointers();
    pipes();
    for (index = 0; index < 4; index++) {
        numbers[index] = index;
        CHECK(pthread_create(&threads[index], NULL, one_of_many, &numbers[index]) == 0);
    }
    for (index = 0; index < 4; index++)
        CHECK(pthread_join(threads[index], NULL) == 0);
    printf("all is well\n");
    return 0;
}
