;;! options = "--model executable"
;;! filter = "sum"

;; The outer counter goes around the inner loop unchanged: it is the same value in both, so that the outer loop's end is seen, and rows
;; of the array end where they end. One instruction finds each element, with no sum or extension before it.
(module
  (memory (export "memory") 2)
  (func $sum (export "sum") (result i32) (local $row i32) (local $i i32) (local $j i32) (local $sum i32)
    (local.set $row (i32.const 65536))
    (loop $rows
      (local.set $j (i32.const 0))
      (loop $columns
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.add (local.get $row) (local.get $j)))))
        (br_if $columns (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 4))) (i32.const 64))))
      (local.set $row (i32.add (local.get $row) (i32.const 64)))
      (br_if $rows (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))
    (local.get $sum)))

;; sum:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  eax, eax
;;      6  mov  esi, 0x10000
;;      b  mov  rdi, rax
;;      e  xor  r8, r8
;;     11  mov  ecx, dword ptr [rsi + r8 + 0x10000000]       ; @0x46, trap: out of bounds memory access
;;     19  add  r8d, 4
;;     20  add  eax, ecx                                     ; @0x49
;;     22  cmp  r8, 0x40                                     ; @0x57
;;     26  jne  0x11
;;     2c  add  edi, 1
;;     32  add  esi, 0x40
;;     38  cmp  rdi, 0x40                                    ; @0x6d
;;     3c  jne  0xe
;;     42  mov  rsp, rbp                                     ; @0x72
;;     45  pop  rbp
;;     46  ret
