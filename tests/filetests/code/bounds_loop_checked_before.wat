;;! target = "x86_64-linux"
;;! options = "--model executable --memory bounds"
;;! filter = "loop_"

;; A pointer that walks through a loop is compared before it: the access of each round proves the next one's. A store comes
;; before the second pointer's check, so that this one stays where it is.
(module
  (memory (export "memory") 1)
  (func $loop_sum (export "sum") (param $p i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $p))))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 8))) (local.get $end))))
    (local.get $sum))
  (func $loop_stores (export "stores") (param $p i32) (param $q i32) (param $end i32)
    (loop $next
      (i32.store (local.get $p) (i32.const 1))
      (i32.store (local.get $q) (i32.const 2))
      (local.set $q (i32.add (local.get $q) (i32.const 4)))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end))))))

;; loop_sum:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  rax, [rip]                                   ; @0x49, aot_context
;;      b  mov  edi, edi
;;      d  cmp  rdi, qword ptr [rax + 0x48]
;;     11  jae  0x3c
;;     17  xor  eax, eax
;;     19  mov  ecx, dword ptr [rdi + 0x10000000]            ; trap: out of bounds memory access
;;     1f  mov  edx, dword ptr [rdi + 0x10000004]            ; @0x53, trap: out of bounds memory access
;;     25  add  edi, 8
;;     2b  add  eax, ecx                                     ; @0x4c
;;     2d  add  eax, edx                                     ; @0x56
;;     2f  cmp  edi, esi                                     ; @0x63
;;     31  jne  0x19
;;     37  mov  rsp, rbp                                     ; @0x68
;;     3a  pop  rbp
;;     3b  ret
;;     3c  ud2                                               ; @0x49, trap: out of bounds memory access
;;
;; loop_stores:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  rax, rsi
;;      7  lea  r11, [rip]                                   ; @0x71, aot_context
;;      e  mov  r11, qword ptr [r11 + 0x48]
;;     12  mov  esi, edi
;;     14  cmp  rsi, r11
;;     17  jae  0x58
;;     1d  mov  r10d, eax
;;     20  mov  dword ptr [rsi + 0x10000000], 1              ; trap: out of bounds memory access
;;     2a  cmp  r10, r11                                     ; @0x78
;;     2d  jae  0x5a
;;     33  mov  dword ptr [r10 + 0x10000000], 2              ; trap: out of bounds memory access
;;     3e  add  esi, 4
;;     44  add  r10d, 4
;;     4b  cmp  esi, edx                                     ; @0x8c
;;     4d  jne  0x20
;;     53  mov  rsp, rbp                                     ; @0x8f
;;     56  pop  rbp
;;     57  ret
;;     58  ud2                                               ; @0x71, trap: out of bounds memory access
;;     5a  ud2                                               ; @0x78, trap: out of bounds memory access
