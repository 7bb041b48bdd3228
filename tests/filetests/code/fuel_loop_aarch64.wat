;;! target = "aarch64-linux"
;;! options = "--model library --fuel --interruptible"
;;! filter = "sum"

;; Both checks on aarch64. The loop reads memory, so the count is stored in every iteration, for whoever looks after a trap.
(module
  (memory (export "memory") 1)
  (func $sum (export "sum") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 4)))))
    local.get $sum))

;; sum:
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  ldr  x4, [x2, #0x30]                              ; @0x32
;;      c  cmp  x4, #0
;;     10  b.lt  #0x88
;;     14  ldr  x0, [x2, #0x20]
;;     18  ldar  x1, [x0]
;;     1c  ldr  x5, [x2, #0x28]
;;     20  cmp  x1, x5
;;     24  b.hs  #0x8c
;;     28  mov  w12, #0
;;     2c  ldr  x1, [x2, #0x40]                              ; @0x38
;;     30  sub  x5, x4, #0xa
;;     34  mov  x6, x2
;;     38  str  x5, [x6, #0x30]                              ; @0x34
;;     3c  cmp  x5, #0
;;     40  b.lt  #0x90
;;     44  ldar  x2, [x0]
;;     48  ldr  x7, [x6, #0x28]
;;     4c  cmp  x2, x7
;;     50  b.hs  #0x94
;;     54  ldr  w7, [x1, w3, uxtw]                           ; @0x38, trap: out of bounds memory access
;;     58  sub  w3, w3, #4
;;     5c  mov  x2, x12
;;     60  add  w2, w2, w7                                   ; @0x3b
;;     64  cbz  w3, #0x78                                    ; @0x45
;;     68  mov  x12, x2
;;     6c  mov  x4, x5
;;     70  mov  x2, x6
;;     74  b  #0x30
;;     78  sub  x0, x4, #0xb
;;     7c  str  x0, [x6, #0x30]                              ; @0x4a
;;     80  ldp  x29, x30, [sp], #0x10
;;     84  ret
;;     88  udf  #0xc11f                                      ; @0x32, trap: out of fuel
;;     8c  udf  #0xc11f                                      ; trap: interrupted
;;     90  udf  #0xc11f                                      ; @0x34, trap: out of fuel
;;     94  udf  #0xc11f                                      ; trap: interrupted
