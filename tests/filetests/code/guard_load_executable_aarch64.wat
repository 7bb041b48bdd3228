;;! target = "aarch64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "load"

;; The load of a program on aarch64: one `mov` builds the memory's address, one `ldr` with `uxtw` extends the index and
;; adds it; no check.
(module
  (memory (export "memory") 1)
  (func $load (export "load") (param i32) (result i32)
    local.get 0
    i32.load))

;; load:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  mov  x3, #0x100000000                             ; @0x33
;;      c  ldr  w2, [x3, w2, uxtw]                           ; trap: out of bounds memory access
;;     10  ldp  x29, x30, [sp], #0x10                        ; @0x36
;;     14  ret
