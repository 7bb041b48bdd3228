/* Runs a program of WASI as an instance, as if it were an executable: its arguments and grants are GRANTS, its streams the
 * process's, and its exit code becomes the process's. */
#include "plugin.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    plugin_instance *instance;
    aot_trap trap;
    int status;
    aot_wasi *wasi = aot_wasi_create();
    (void)argc;
    aot_wasi_argument(wasi, argv[0]);
    GRANTS
    aot_wasi_inherit(wasi, 0);
    aot_wasi_inherit(wasi, 1);
    aot_wasi_inherit(wasi, 2);
    status = plugin_create(&instance, &trap);
    if (status == AOT_OK)
        status = aot_wasi_give(wasi, (aot_instance *)instance, &trap);
    if (status != AOT_OK) {
        fprintf(stderr, "error: %s\n", trap.message);
        return 1;
    }
    status = plugin_call__start(instance, &trap);
    plugin_destroy(instance);
    if (status == AOT_TRAP_EXITED)
        return trap.host_error;
    if (status != AOT_OK) {
        fprintf(stderr, "trap: %s\n%s", trap.message, trap.backtrace);
        abort();
    }
    return 0;
}
