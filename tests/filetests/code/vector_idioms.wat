;;! target = "x86_64-linux"
;;! filter = "idiom_"

;; Shapes that the x86-64 backend has one instruction for, and must keep finding behind the casts of the operand stack.
(module
  (func $idiom_dot (export "dot") (param v128 v128) (result v128) (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))
  (func $idiom_pairwise (export "pairwise") (param v128) (result v128) (i16x8.extadd_pairwise_i8x16_u (local.get 0)))
  (func $idiom_extended (export "extended") (param v128 v128) (result v128)
    (i64x2.extmul_low_i32x4_u (local.get 0) (local.get 1)))
  (func $idiom_pmin (export "pmin") (param v128 v128) (result v128) (f32x4.pmin (local.get 0) (local.get 1)))
  (func $idiom_pmax (export "pmax") (param v128 v128) (result v128) (f64x2.pmax (local.get 0) (local.get 1)))
  (func $idiom_convert (export "convert") (param v128) (result v128) (f64x2.convert_low_i32x4_s (local.get 0)))
  (func $idiom_wide (export "wide") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))

;; idiom_dot:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  pmaddwd  xmm0, xmm1                               ; @0x6e
;;      8  mov  rsp, rbp                                     ; @0x71
;;      b  pop  rbp
;;      c  ret
;;
;; idiom_pairwise:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  pmaddubsw  xmm0, xmmword ptr [rip + 0x13]         ; @0x76
;;      d  mov  rsp, rbp                                     ; @0x78
;;     10  pop  rbp
;;     11  ret
;;     12  add  byte ptr [rax], al
;;     14  add  byte ptr [rax], al
;;     16  add  byte ptr [rax], al
;;     18  add  byte ptr [rax], al
;;     1a  add  byte ptr [rax], al
;;     1c  add  byte ptr [rax], al
;;     1e  add  byte ptr [rax], al
;;     20  add  dword ptr [rcx], eax
;;     22  add  dword ptr [rcx], eax
;;     24  add  dword ptr [rcx], eax
;;     26  add  dword ptr [rcx], eax
;;     28  add  dword ptr [rcx], eax
;;     2a  add  dword ptr [rcx], eax
;;     2c  add  dword ptr [rcx], eax
;;     2e  add  dword ptr [rcx], eax
;;
;; idiom_extended:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  pshufd  xmm0, xmm0, 0x50                          ; @0x7f
;;      9  pshufd  xmm6, xmm1, 0x50
;;      e  pmuludq  xmm0, xmm6
;;     12  mov  rsp, rbp                                     ; @0x82
;;     15  pop  rbp
;;     16  ret
;;
;; idiom_pmin:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  movdqa  xmm5, xmm0
;;      8  movdqa  xmm0, xmm1
;;      c  minps  xmm0, xmm5                                 ; @0x89
;;      f  mov  rsp, rbp                                     ; @0x8c
;;     12  pop  rbp
;;     13  ret
;;
;; idiom_pmax:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  movdqa  xmm5, xmm0
;;      8  movdqa  xmm0, xmm1
;;      c  maxpd  xmm0, xmm5                                 ; @0x93
;;     10  mov  rsp, rbp                                     ; @0x96
;;     13  pop  rbp
;;     14  ret
;;
;; idiom_convert:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  cvtdq2pd  xmm0, xmm0                              ; @0x9b
;;      8  mov  rsp, rbp                                     ; @0x9e
;;      b  pop  rbp
;;      c  ret
;;
;; idiom_wide:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  rax, rsi
;;      7  mul  rdx                                          ; @0xa5
;;      a  mov  rcx, rdx
;;      d  mov  rsp, rbp                                     ; @0xa7
;;     10  pop  rbp
;;     11  ret
