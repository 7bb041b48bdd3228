;;! target = "x86_64-linux"
;;! options = "--model library --memory bounds"
;;! filter = "load"

;; The load of a library without guard pages: the length comes from the context, one compare and one branch to a `ud2`
;; guard the access.
(module
  (memory (export "memory") 1)
  (func $load (export "load") (param i32) (result i32)
    local.get 0
    i32.load offset=16))

;; load:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  r8, rdi
;;      7  mov  edi, esi                                     ; @0x33
;;      9  mov  rsi, 0xffffffffffffffec
;;     10  mov  r10, r8
;;     13  add  rsi, qword ptr [r10 + 0x48]
;;     17  cmp  rdi, rsi
;;     1a  ja  0x2e
;;     20  mov  r9, qword ptr [r10 + 0x40]
;;     24  mov  eax, dword ptr [r9 + rdi + 0x10]
;;     29  mov  rsp, rbp                                     ; @0x36
;;     2c  pop  rbp
;;     2d  ret
;;     2e  ud2                                               ; @0x33, trap: out of bounds memory access
