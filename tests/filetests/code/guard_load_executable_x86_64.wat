;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "load"

;; The load of a program on x86_64: the memory's address folds into the displacement together with the static offset, so
;; there is no base register; the guard catches what is out of bounds, so there is no check.
(module
  (memory (export "memory") 1)
  (func $load (export "load") (param i32) (result i32)
    local.get 0
    i32.load offset=16))

;; load:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  esi, edi                                     ; @0x33
;;      6  mov  eax, dword ptr [rsi + 0x10000010]            ; trap: out of bounds memory access
;;      c  mov  rsp, rbp                                     ; @0x36
;;      f  pop  rbp
;;     10  ret
