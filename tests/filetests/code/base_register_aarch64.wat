;;! target = "aarch64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "based_"

;; The base of memory is made once, before the branch and outside of the loop, and sums with it are not made again.
(module
  (memory (export "memory") 1)
  (func $based_chain (export "chain") (param $at i32) (param $count i32) (result i32)
    (local $sum i32)
    (if (local.get $count)
      (then
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (local.get $at))))
          (if (i32.load8_u offset=4 (local.get $at))
            (then (i32.store offset=4 (local.get $at) (local.get $sum))))
          (local.set $at (i32.load (local.get $at)))
          (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))
    (local.get $sum)))

;; based_chain:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  mov  x1, x2
;;      c  cbnz  w3, #0x18                                   ; @0x37
;;     10  mov  w2, #0
;;     14  b  #0x48                                          ; @0x65
;;     18  mov  w2, #0
;;     1c  mov  x0, #0x100000000                             ; @0x3f
;;     20  add  x5, x0, w1, uxtw
;;     24  ldr  w4, [x5, #8]                                 ; trap: out of bounds memory access
;;     28  ldrb  w6, [x5, #4]                                ; @0x47, trap: out of bounds memory access
;;     2c  cbz  w6, #0x38                                    ; @0x4a
;;     30  add  w6, w2, w4                                   ; @0x42
;;     34  str  w6, [x5, #4]                                 ; @0x50, trap: out of bounds memory access
;;     38  ldr  w1, [x0, w1, uxtw]                           ; @0x56, trap: out of bounds memory access
;;     3c  sub  w3, w3, #1
;;     40  add  w2, w2, w4
;;     44  cbnz  w3, #0x20                                   ; @0x62
;;     48  ldp  x29, x30, [sp], #0x10                        ; @0x68
;;     4c  ret
