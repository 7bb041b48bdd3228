//! A plugin of qemu that counts executed instructions, by address: `qemu-aarch64 -plugin libcount.so,out=FILE PROGRAM`.
//!
//! At the end FILE has a line for every block that was translated: its address, how many instructions it has, and how often
//! it was entered. qemu may translate a block again; then it has several lines.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What this needs of qemu-plugin.h, which Debian does not package. Version 1 of the interface, of qemu 4.2 to 8.2, is the one
// that counts without a call; newer ones say that they do not support it.
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_plugin_op, void *, uint64_t);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);

int qemu_plugin_version = 1;

struct block {
    struct block *next;
    uint64_t address, instructions, entered;
};

static struct block *blocks;
static FILE *out;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    struct block *block = calloc(1, sizeof *block);
    if (!block) abort();
    block->address = qemu_plugin_tb_vaddr(tb);
    block->instructions = qemu_plugin_tb_n_insns(tb);
    // qemu holds a lock while it translates; programs of the table have one thread.
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->entered, 1);
}

static void finished(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    for (struct block *block = blocks; block; block = block->next)
        fprintf(out, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", block->address, block->instructions, block->entered);
    fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **arguments) {
    (void)info;
    for (int at = 0; at < count; at++)
        if (!strncmp(arguments[at], "out=", 4)) out = fopen(arguments[at] + 4, "w");
    if (!out) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
