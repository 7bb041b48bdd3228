# One use of each relocation kind; `main` returns how many gave what `.quad` gives.
    .section .data.values, "aw"
    .balign 16
    .globl value
value: .quad 0x1122334455667788
table: .quad value                              # 64
distance64: .quad value - .                     # PC64
distance32: .long value - .                     # PC32
narrow: .long value                             # 32
got_entry: .quad value@GOTPCREL                 # GOTPCREL64
got_entry_narrow: .long value@GOTPCREL          # GOTPCREL
got_offset: .quad value@GOTOFF                  # GOTOFF64

    .macro check register
    cmp %rbx, \register
    sete %al
    movzbl %al, %eax
    add %eax, %ebp
    .endm

    .section .text.main, "ax"
    .globl main
main:
    push %rbx
    push %rbp
    push %r12
    xor %ebp, %ebp
    mov table(%rip), %rbx
    lea value(%rip), %rcx                       # PC32
    check %rcx
    movabs $value, %rcx                         # 64
    check %rcx
    mov $value, %ecx                            # 32
    check %rcx
    mov $value, %rcx                            # 32S
    check %rcx
    lea value, %rcx                             # 32S, as a displacement
    check %rcx
    lea distance64(%rip), %rcx
    add (%rcx), %rcx
    check %rcx
    lea distance32(%rip), %rdx
    movslq (%rdx), %rcx
    add %rdx, %rcx
    check %rcx
    mov narrow(%rip), %ecx
    check %rcx
    mov value@GOTPCREL(%rip), %rcx              # REX_GOTPCRELX, becomes lea
    check %rcx
    xor %ecx, %ecx
    add value@GOTPCREL(%rip), %rcx              # stays
    check %rcx
    cmp value@GOTPCREL(%rip), %rbx
    mov $0, %ecx
    cmove %rbx, %rcx
    check %rcx
    lea got_entry(%rip), %rdx
    mov (%rdx), %rcx
    mov (%rdx,%rcx), %rcx
    check %rcx
    lea got_entry_narrow(%rip), %rdx
    movslq (%rdx), %rcx
    mov (%rdx,%rcx), %rcx
    check %rcx
    lea _GLOBAL_OFFSET_TABLE_(%rip), %rcx       # GOTPC32
    add got_offset(%rip), %rcx
    check %rcx
    movabs $_GLOBAL_OFFSET_TABLE_, %rcx         # GOTPC64
1:  lea 1b(%rip), %rdx
    lea 1b - main(%rip), %r12
    movabs $value@GOTOFF, %rdx
    lea _GLOBAL_OFFSET_TABLE_(%rip), %rcx
    add %rdx, %rcx
    check %rcx
    movabs $value@GOT, %rdx                     # GOT64
    lea _GLOBAL_OFFSET_TABLE_(%rip), %rcx
    mov (%rcx,%rdx), %rcx
    check %rcx
    mov $1, %ebx
    xor %ecx, %ecx
    call *elsewhere@GOTPCREL(%rip)              # GOTPCRELX, becomes a call
    check %rcx
    xor %ecx, %ecx
    call tail                                   # PLT32
    check %rcx
    lea missing, %rcx                           # an undefined weak symbol
    mov $0, %ebx
    check %rcx
    mov missing@GOTPCREL(%rip), %rcx
    check %rcx
    mov %ebp, %eax
    pop %r12
    pop %rbp
    pop %rbx
    ret
tail:
    jmp *elsewhere@GOTPCREL(%rip)               # GOTPCRELX, becomes a jump

    .section .text.elsewhere, "ax"
    .globl elsewhere
elsewhere:
    inc %ecx
    ret

    .weak missing
    .section .note.GNU-stack, "", @progbits
