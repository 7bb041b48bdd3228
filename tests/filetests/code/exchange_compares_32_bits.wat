;;! target = "aarch64-linux"
;;! filter = "exchange_"

;; Above an `i32` anything may be: it is cleared before the loop that compares whole registers. A constant is clean.
(module
  (memory 1 1 shared)
  (func $exchange_parameter (export "parameter") (param i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg (i32.const 0) (local.get 0) (local.get 1)))
  (func $exchange_constant (export "constant") (param i32) (result i32)
    (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 5) (local.get 0))))

;; exchange_parameter:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  str  x28, [sp, #-0x10]!
;;      c  stp  x26, x27, [sp, #-0x10]!
;;     10  stp  x24, x25, [sp, #-0x10]!
;;     14  ldr  x25, [x2, #0x40]                             ; @0x46
;;     18  fmov  s16, w3
;;     1c  mov  w26, v16.s[0]
;;     20  mov  x28, x4
;;     24  ldaxr  w27, [x25]
;;     28  cmp  x27, x26
;;     2c  b.ne  #0x38
;;     30  stlxr  w24, w28, [x25]
;;     34  cbnz  x24, #0x24
;;     38  mov  x2, x27
;;     3c  ldp  x24, x25, [sp], #0x10                        ; @0x4a
;;     40  ldp  x26, x27, [sp], #0x10
;;     44  ldr  x28, [sp], #0x10
;;     48  ldp  x29, x30, [sp], #0x10
;;     4c  ret
;;
;; exchange_constant:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  str  x28, [sp, #-0x10]!
;;      c  stp  x26, x27, [sp, #-0x10]!
;;     10  stp  x24, x25, [sp, #-0x10]!
;;     14  ldr  x25, [x2, #0x40]                             ; @0x53
;;     18  mov  w26, #5                                      ; @0x4f
;;     1c  mov  x28, x3
;;     20  ldaxr  w27, [x25]                                 ; @0x53
;;     24  cmp  x27, x26
;;     28  b.ne  #0x34
;;     2c  stlxr  w24, w28, [x25]
;;     30  cbnz  x24, #0x20
;;     34  mov  x2, x27
;;     38  ldp  x24, x25, [sp], #0x10                        ; @0x57
;;     3c  ldp  x26, x27, [sp], #0x10
;;     40  ldr  x28, [sp], #0x10
;;     44  ldp  x29, x30, [sp], #0x10
;;     48  ret
