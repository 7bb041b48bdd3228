/* Instead of the C library's, which not every target has: Lua's errors end the program here, so nothing jumps. */
#ifndef NO_SETJMP_H
#define NO_SETJMP_H
#endif
