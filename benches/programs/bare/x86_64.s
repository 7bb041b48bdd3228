# The least that a program can do: write a line and exit. What `exec` itself costs shows here.
    .globl _start
    .text
_start:
    movl $1, %eax               # write(
    movl $1, %edi               #   standard output,
    leaq message(%rip), %rsi    #   the line,
    movl $13, %edx              #   its length)
    syscall
    movl $231, %eax             # exit_group(
    xorl %edi, %edi             #   0)
    syscall

    .section .rodata
message:
    .ascii "hello, world\n"
    .section .note.GNU-stack, "", @progbits
