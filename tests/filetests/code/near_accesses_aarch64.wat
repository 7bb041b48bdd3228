;;! target = "aarch64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "near_"

;; As near_accesses_share_an_address.wat, but only upwards from what was accessed: a store that begins below the memory could
;; leave something inside.
(module
  (memory (export "memory") 1)
  (func $near_frame (export "frame") (param $sp i32) (param $value i64) (result i64)
    (i64.store offset=8 (i32.sub (local.get $sp) (i32.const 64)) (local.get $value))
    (i64.store (i32.add (i32.sub (local.get $sp) (i32.const 64)) (i32.const 32)) (local.get $value))
    (i64.load (i32.sub (local.get $sp) (i32.const 48))))
  (func $near_stencil (export "stencil") (param $at i32)
    (f64.store (local.get $at)
      (f64.add
        (f64.load (i32.sub (local.get $at) (i32.const 8)))
        (f64.add (f64.load (local.get $at)) (f64.load (i32.add (local.get $at) (i32.const 8))))))))

;; near_frame:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  mov  x6, #0x100000000                             ; @0x4a
;;      c  sub  w7, w2, #0x40                                ; @0x47
;;     10  add  x6, x6, w7, uxtw                             ; @0x4a
;;     14  str  x3, [x6, #8]                                 ; trap: out of bounds memory access
;;     18  str  x3, [x6, #0x20]                              ; @0x58, trap: out of bounds memory access
;;     1c  ldr  x2, [x6, #0x10]                              ; @0x60, trap: out of bounds memory access
;;     20  ldp  x29, x30, [sp], #0x10                        ; @0x63
;;     24  ret
;;
;; near_stencil:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  mov  x10, #0x100000000                            ; @0x6d
;;      c  sub  w11, w2, #8                                  ; @0x6c
;;     10  add  x9, x10, w11, uxtw                           ; @0x6d
;;     14  ldr  d16, [x10, w11, uxtw]                        ; trap: out of bounds memory access
;;     18  ldr  d17, [x9, #8]                                ; @0x72, trap: out of bounds memory access
;;     1c  ldr  d18, [x9, #0x10]                             ; @0x7a, trap: out of bounds memory access
;;     20  fadd  d17, d17, d18                               ; @0x7d
;;     24  fadd  d16, d16, d17                               ; @0x7e
;;     28  str  d16, [x9, #8]                                ; @0x7f, trap: out of bounds memory access
;;     2c  ldp  x29, x30, [sp], #0x10                        ; @0x82
;;     30  ret
