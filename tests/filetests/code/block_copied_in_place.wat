;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "block_"

;; Blocks of a short constant length: all loads, one touch of the destination's last byte, all stores. A block that is one
;; store needs no touch.
(module
  (memory (export "memory") 1)
  (func $block_copy (export "copy") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 40)))
  (func $block_fill (export "fill") (param i32)
    (memory.fill (local.get 0) (i32.const 0) (i32.const 8))))

;; block_copy:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  r8d, esi                                     ; @0x43
;;      7  movdqu  xmm0, xmmword ptr [r8 + 0x10000000]       ; trap: out of bounds memory access
;;     10  movdqu  xmm1, xmmword ptr [r8 + 0x10000010]       ; trap: out of bounds memory access
;;     19  movdqu  xmm2, xmmword ptr [r8 + 0x10000018]       ; trap: out of bounds memory access
;;     22  mov  r8d, edi
;;     25  movzx  r9, byte ptr [r8 + 0x10000027]             ; trap: out of bounds memory access
;;     2d  movdqu  xmmword ptr [r8 + 0x10000000], xmm0       ; trap: out of bounds memory access
;;     36  movdqu  xmmword ptr [r8 + 0x10000010], xmm1       ; trap: out of bounds memory access
;;     3f  movdqu  xmmword ptr [r8 + 0x10000018], xmm2       ; trap: out of bounds memory access
;;     48  mov  rsp, rbp                                     ; @0x47
;;     4b  pop  rbp
;;     4c  ret
;;
;; block_fill:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  edx, edi                                     ; @0x50
;;      6  mov  qword ptr [rdx + 0x10000000], 0              ; trap: out of bounds memory access
;;     11  mov  rsp, rbp                                     ; @0x53
;;     14  pop  rbp
;;     15  ret
