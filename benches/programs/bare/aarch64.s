// The least that a program can do: write a line and exit. What `exec` itself costs shows here.
    .globl _start
    .text
_start:
    mov x8, #64                 // write(
    mov x0, #1                  //   standard output,
    adrp x1, message            //   the line,
    add x1, x1, :lo12:message
    mov x2, #13                 //   its length)
    svc #0
    mov x8, #94                 // exit_group(
    mov x0, #0                  //   0)
    svc #0

    .section .rodata
message:
    .ascii "hello, world\n"
    .section .note.GNU-stack, "", %progbits
