;;! options = "--model executable"
;;! filter = "byte"

;; A byte that was loaded as one has no more bits than its mask; the sign of one has.
(module
  (memory (export "memory") 1)
  (func $byte (export "byte") (param i32) (result i32)
    (i32.and (i32.load8_u (local.get 0)) (i32.const 255)))
  (func $signed_byte (export "signed_byte") (param i32) (result i32)
    (i32.and (i32.load8_s (local.get 0)) (i32.const 255)))
  (func $nibble_of_byte (export "nibble_of_byte") (param i32) (result i32)
    (i32.and (i32.load8_u (local.get 0)) (i32.const 0xf7))))

;; byte:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  esi, edi                                     ; @0x54
;;      6  movzx  rax, byte ptr [rsi + 0x10000000]           ; trap: out of bounds memory access
;;      e  mov  rsp, rbp                                     ; @0x5b
;;     11  pop  rbp
;;     12  ret
;;
;; signed_byte:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  esi, edi                                     ; @0x60
;;      6  movsx  rax, byte ptr [rsi + 0x10000000]           ; trap: out of bounds memory access
;;      e  and  eax, 0xff                                    ; @0x66
;;     13  mov  rsp, rbp                                     ; @0x67
;;     16  pop  rbp
;;     17  ret
;;
;; nibble_of_byte:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  esi, edi                                     ; @0x6c
;;      6  movzx  rax, byte ptr [rsi + 0x10000000]           ; trap: out of bounds memory access
;;      e  and  eax, 0xf7                                    ; @0x72
;;     13  mov  rsp, rbp                                     ; @0x73
;;     16  pop  rbp
;;     17  ret
