;;! target = "x86_64-linux"
;;! options = "--model executable --memory bounds"
;;! filter = "once_"

;; The first access reaches furthest, so the second has no check; a counter with a known range has none at all.
(module
  (memory (export "memory") 1)
  (func $once_fields (export "fields") (param i32) (result i32)
    (i32.add (i32.load offset=8 (local.get 0)) (i32.load (local.get 0))))
  (func $once_loop (export "loop") (local $i i32)
    (loop $next
      (i32.store offset=1024 (local.get $i) (local.get $i))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 400))))))

;; once_fields:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  r8, rdi
;;      7  lea  rdi, [rip]                                   ; @0x40, aot_context
;;      e  mov  esi, r8d
;;     11  cmp  rsi, qword ptr [rdi + 0x48]
;;     15  jae  0x32
;;     1b  mov  r8d, dword ptr [rsi + 0x10000008]            ; trap: out of bounds memory access
;;     22  mov  r9d, dword ptr [rsi + 0x10000000]            ; @0x45, trap: out of bounds memory access
;;     29  lea  eax, [r8 + r9]                               ; @0x48
;;     2d  mov  rsp, rbp                                     ; @0x49
;;     30  pop  rbp
;;     31  ret
;;     32  ud2                                               ; @0x40, trap: out of bounds memory access
;;
;; once_loop:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  rax, rax
;;      7  mov  dword ptr [rax + 0x10000400], eax            ; @0x54, trap: out of bounds memory access
;;      d  add  eax, 4
;;     13  cmp  rax, 0x190                                   ; @0x63
;;     19  jne  7
;;     1f  mov  rsp, rbp                                     ; @0x66
;;     22  pop  rbp
;;     23  ret
