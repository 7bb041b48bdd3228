;;! target = "x86_64-linux"
;;! options = "--model executable"
;;! filter = "divide"

;; Division: zero and overflow each have a trap site of their own, out of the way of the quotient.
(module
  (func $divide (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1))))

;; divide:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  rax, rdi
;;      7  cdq                                               ; @0x2a
;;      8  test  esi, esi
;;      a  je  0x17
;;     10  idiv  esi                                         ; trap: integer overflow
;;     12  mov  rsp, rbp                                     ; @0x2b
;;     15  pop  rbp
;;     16  ret
;;     17  ud2                                               ; @0x2a, trap: integer divide by zero
