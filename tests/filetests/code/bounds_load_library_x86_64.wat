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
;;      4  mov  esi, esi                                     ; @0x33
;;      6  cmp  rsi, qword ptr [rdi + 0x48]
;;      a  jae  0x1d
;;     10  mov  rdi, qword ptr [rdi + 0x40]
;;     14  mov  eax, dword ptr [rdi + rsi + 0x10]            ; trap: out of bounds memory access
;;     18  mov  rsp, rbp                                     ; @0x36
;;     1b  pop  rbp
;;     1c  ret
;;     1d  ud2                                               ; @0x33, trap: out of bounds memory access
