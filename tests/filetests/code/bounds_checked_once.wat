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
;;      4  lea  r9, [rip]                                    ; @0x40, aot_context
;;      b  mov  r8d, edi
;;      e  mov  rdi, 0xfffffffffffffff4
;;     15  add  rdi, qword ptr [r9 + 0x48]
;;     19  cmp  r8, rdi
;;     1c  ja  0x39
;;     22  mov  r10d, dword ptr [r8 + 0x10000008]
;;     29  mov  r11d, dword ptr [r8 + 0x10000000]            ; @0x45
;;     30  lea  eax, [r10 + r11]                             ; @0x48
;;     34  mov  rsp, rbp                                     ; @0x49
;;     37  pop  rbp
;;     38  ret
;;     39  ud2                                               ; @0x40, trap: out of bounds memory access
;;
;; once_loop:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  rax, rax
;;      7  mov  dword ptr [rax + 0x10000400], eax            ; @0x54
;;      d  add  eax, 4
;;     13  cmp  rax, 0x190                                   ; @0x63
;;     19  jne  7
;;     1f  mov  rsp, rbp                                     ; @0x66
;;     22  pop  rbp
;;     23  ret
