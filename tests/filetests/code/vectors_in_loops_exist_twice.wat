;;! options = "--model executable --vector-versions"
;;! filter = "add"

;; What others call looks at a byte, which it has filled in first if need be, and jumps: once for each call of a loop. `add_once` has
;; no loop, and stays one.
(module
  (memory (export "memory") 1)
  (func $add (export "add") (param $from i32) (param $end i32) (result v128) (local $sum v128)
    (loop $next
      (local.set $sum (f32x4.add (local.get $sum) (v128.load (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end))))
    (local.get $sum))
  (func $add_once (export "add_once") (param v128 v128) (result v128)
    (f32x4.add (local.get 0) (local.get 1))))

;; add:
;;      0  cmp  byte ptr [rip], 1                            ; aot_processor
;;      7  ja  0xd                                           ; add.avx2
;;      d  je  0x13                                          ; add.any
;;     13  call  aot_ask_processor
;;     18  jmp  add
;;
;; add.any:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  pxor  xmm0, xmm0
;;      8  mov  edi, edi
;;      a  movups  xmm1, xmmword ptr [rdi + 0x10000000]      ; @0x4b, trap: out of bounds memory access
;;     11  add  edi, 0x10
;;     17  addps  xmm0, xmm1                                 ; @0x4f
;;     1a  cmp  edi, esi                                     ; @0x60
;;     1c  jb  0xa
;;     22  mov  rsp, rbp                                     ; @0x65
;;     25  pop  rbp
;;     26  ret
;;
;; add.avx2:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  vpxor  xmm0, xmm0, xmm0
;;      8  mov  edi, edi
;;      a  vmovups  xmm1, xmmword ptr [rdi + 0x10000000]     ; @0x4b, trap: out of bounds memory access
;;     12  add  edi, 0x10
;;     18  vaddps  xmm0, xmm0, xmm1                          ; @0x4f
;;     1c  cmp  edi, esi                                     ; @0x60
;;     1e  jb  0xa
;;     24  mov  rsp, rbp                                     ; @0x65
;;     27  pop  rbp
;;     28  ret
;;
;; add_once:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  addps  xmm0, xmm1                                 ; @0x6c
;;      7  mov  rsp, rbp                                     ; @0x6f
;;      a  pop  rbp
;;      b  ret
