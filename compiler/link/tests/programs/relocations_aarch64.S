// One use of each relocation kind; `main` returns how many gave what `.xword` gives.
    .section .data.values, "aw"
    .balign 16
    .globl value, value8, value16, value32, value64
value:   .xword 0x1122334455667788, 0x99aabbccddeeff00
value8:  .byte 0x81
         .byte 0
value16: .hword 0x8182
value32: .word 0x81828384
value64: .xword 0x8182838485868788

    .section .rodata.expected, "a"
    .balign 8
address:          .xword value                  // ABS64
address_plus:     .xword value + 5
distance64:       .xword value - .              // PREL64
distance32:       .word value - .               // PREL32
narrow:           .word value                   // ABS32

    .macro check register
    cmp \register, x20
    cinc w19, w19, eq
    .endm

    .section .text.main, "ax"
    .globl main
main:
    stp x29, x30, [sp, #-48]!
    stp x19, x20, [sp, #16]
    mov w19, #0
    ldr x20, address_near                       // a literal in this section: no relocation
    adrp x0, value                              // ADR_PREL_PG_HI21
    add x0, x0, :lo12:value                     // ADD_ABS_LO12_NC
    check x0
    adrp x0, :pg_hi21_nc:value                  // ADR_PREL_PG_HI21_NC
    add x0, x0, :lo12:value
    check x0
    movz x0, #:abs_g3:value                     // MOVW_UABS_G3
    movk x0, #:abs_g2_nc:value                  // MOVW_UABS_G2_NC
    movk x0, #:abs_g1_nc:value                  // MOVW_UABS_G1_NC
    movk x0, #:abs_g0_nc:value                  // MOVW_UABS_G0_NC
    check x0
    movz x0, #:abs_g2:value                     // MOVW_UABS_G2
    movk x0, #:abs_g1_nc:value
    movk x0, #:abs_g0_nc:value
    check x0
    movz x0, #:abs_g1:value                     // MOVW_UABS_G1
    movk x0, #:abs_g0_nc:value
    check x0
    movz x0, #:abs_g0:small_number              // MOVW_UABS_G0
    sub x0, x0, #0x777
    add x0, x0, x20
    check x0
    adrp x0, :got:value                         // ADR_GOT_PAGE
    ldr x0, [x0, :got_lo12:value]               // LD64_GOT_LO12_NC
    check x0
    adrp x1, distance64
    add x1, x1, :lo12:distance64
    ldr x0, [x1]
    add x0, x0, x1
    check x0
    ldrsw x0, [x1, #8]                          // the next field
    add x0, x0, x1
    add x0, x0, #8
    check x0
    ldr w0, [x1, #12]
    check x0
    adr x0, anchor                              // ADR_PREL_LO21
    adrp x20, anchor
    add x20, x20, :lo12:anchor
    check x0
    ldr x0, anchor                              // LD_PREL_LO19
    ldr x20, [x20]
    check x0
    adrp x1, value8
    ldrb w0, [x1, :lo12:value8]                 // LDST8_ABS_LO12_NC
    mov x20, #0x81
    check x0
    adrp x1, value16
    ldrh w0, [x1, :lo12:value16]                // LDST16_ABS_LO12_NC
    mov x20, #0x8182
    check x0
    adrp x1, value32
    ldr w0, [x1, :lo12:value32]                 // LDST32_ABS_LO12_NC
    ldr w20, =0x81828384
    check x0
    adrp x1, value64
    ldr x0, [x1, :lo12:value64]                 // LDST64_ABS_LO12_NC
    ldr x20, =0x8182838485868788
    check x0
    adrp x1, value
    ldr q0, [x1, :lo12:value]                   // LDST128_ABS_LO12_NC
    umov x0, v0.d[1]
    ldr x20, =0x99aabbccddeeff00
    check x0
    cmp x0, x20
    b.eq elsewhere_equal                        // CONDBR19
back:
    tbz x0, #0, elsewhere_even                  // TSTBR14
back_again:
    bl elsewhere_called                         // CALL26
    bl missing                                  // an undefined weak symbol: goes on
    add w19, w19, #1
    mov w0, w19
    ldp x19, x20, [sp, #16]
    ldp x29, x30, [sp], #48
    ret
address_near: .xword value

    .section .text.elsewhere, "ax"
    .balign 8
anchor: .xword 0x123456789abcdef0
elsewhere_equal:
    add w19, w19, #1
    b back                                      // JUMP26
elsewhere_even:
    add w19, w19, #1
    b back_again
elsewhere_called:
    add w19, w19, #1
    ret

    .weak missing
    .globl small_number
    .set small_number, 0x777
    .section .note.GNU-stack, "", %progbits
