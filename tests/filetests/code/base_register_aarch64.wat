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
    (local.get $sum))
  ;; Rows are added to the base before the loop; an array at a constant address has a register of its own.
  (func $based_rows (export "rows") (param $row i32) (param $count i32)
    (local $at i32)
    (loop $next
      (f64.store offset=70000 (local.get $at)
        (f64.add
          (f64.load (i32.add (i32.and (local.get $row) (i32.const 0xff8)) (i32.and (local.get $at) (i32.const 0xfff8))))
          (f64.load offset=70008 (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $count))))))

;; based_chain:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  mov  x1, x2
;;      c  cbnz  w3, #0x18                                   ; @0x44
;;     10  mov  w2, #0
;;     14  b  #0x48                                          ; @0x72
;;     18  mov  w2, #0
;;     1c  mov  x0, #0x100000000                             ; @0x4c
;;     20  add  x5, x0, w1, uxtw
;;     24  ldr  w4, [x5, #8]                                 ; trap: out of bounds memory access
;;     28  ldrb  w6, [x5, #4]                                ; @0x54, trap: out of bounds memory access
;;     2c  cbz  w6, #0x38                                    ; @0x57
;;     30  add  w6, w2, w4                                   ; @0x4f
;;     34  str  w6, [x5, #4]                                 ; @0x5d, trap: out of bounds memory access
;;     38  ldr  w1, [x0, w1, uxtw]                           ; @0x63, trap: out of bounds memory access
;;     3c  sub  w3, w3, #1
;;     40  add  w2, w2, w4
;;     44  cbnz  w3, #0x20                                   ; @0x6f
;;     48  ldp  x29, x30, [sp], #0x10                        ; @0x75
;;     4c  ret
;;
;; based_rows:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  mov  w4, #0
;;      c  mov  x0, #0x100000000                             ; @0x8c
;;     10  and  w1, w2, #0xff8                               ; @0x83
;;     14  add  x0, x0, w1, uxtw                             ; @0x8c
;;     18  mov  x1, #0x1000                                  ; @0x91
;;     1c  movk  x1, #1, lsl #16
;;     20  movk  x1, #1, lsl #32
;;     24  and  w2, w4, #0xfff8
;;     28  ldr  d17, [x0, w2, uxtw]                          ; @0x8c, trap: out of bounds memory access
;;     2c  add  x2, x1, w4, uxtw                             ; @0x91
;;     30  ldr  d18, [x2, #0x178]                            ; trap: out of bounds memory access
;;     34  fadd  d17, d17, d18                               ; @0x96
;;     38  str  d17, [x2, #0x170]                            ; @0x97, trap: out of bounds memory access
;;     3c  add  w4, w4, #8
;;     40  cmp  w4, w3                                       ; @0xa6
;;     44  b.lo  #0x24
;;     48  ldp  x29, x30, [sp], #0x10                        ; @0xa9
;;     4c  ret
