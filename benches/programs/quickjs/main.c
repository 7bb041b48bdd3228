/* QuickJS runs a script of several parts. */
#include "../bench.h"
#include "quickjs.h"

static const char script[] = {
#embed "work.js"
    , 0};

int main(int argc, char **argv) {
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = JS_NewContext(runtime);
    JS_SetMaxStackSize(runtime, 0);
    JSValue global = JS_GetGlobalObject(context);
    JS_SetPropertyStr(context, global, "rounds", JS_NewInt32(context, size_argument(argc, argv, 1)));
    JSValue result = JS_Eval(context, script, strlen(script), "work.js", JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(result)) result = JS_GetException(context);
    const char *text = JS_ToCString(context, result);
    if (!text || strncmp(text, "done ", 5) != 0) {
        fprintf(stderr, "%s\n", text ? text : "no text");
        return 1;
    }
    uint64_t sum = mix(MIX_START, text, strlen(text));
    JS_FreeCString(context, text);
    JS_FreeValue(context, result);
    JS_FreeValue(context, global);
    JS_FreeContext(context);
    JS_FreeRuntime(runtime);
    return print_checksum(sum);
}
