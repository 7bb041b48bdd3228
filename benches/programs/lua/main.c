/* Lua runs a script of several parts. Its errors end the program, since jumps over frames are not for every target. */
#include "../bench.h"
#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static const char script[] = {
#embed "work.lua"
    , 0};

int main(int argc, char **argv) {
    lua_State *state = luaL_newstate();
    luaL_requiref(state, "_G", luaopen_base, 1);
    luaL_requiref(state, "string", luaopen_string, 1);
    luaL_requiref(state, "table", luaopen_table, 1);
    luaL_requiref(state, "math", luaopen_math, 1);
    lua_settop(state, 0);
    lua_pushinteger(state, size_argument(argc, argv, 1));
    lua_setglobal(state, "rounds");
    if (luaL_loadbuffer(state, script, strlen(script), "work.lua") != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(state, -1));
        return 1;
    }
    lua_call(state, 0, 1);
    size_t length;
    const char *text = lua_tolstring(state, -1, &length);
    return print_checksum(mix(MIX_START, text, length));
}
