;;! target = "x86_64-linux"
;;! filter = "select_"

;; `v128.bitselect` by a comparison of any lane type is one blend; by any other mask it is three bit operations.
(module
  (func $select_integer (export "integer") (param v128 v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (i32x4.gt_s (local.get 2) (local.get 3))))
  (func $select_float (export "float") (param v128 v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (f64x2.lt (local.get 2) (local.get 3))))
  (func $select_other (export "other") (param v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (local.get 2))))

;; select_integer:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  movdqa  xmm7, xmm0
;;      8  movdqa  xmm0, xmm2
;;      c  pcmpgtd  xmm0, xmm3                               ; @0x4a
;;     10  movdqa  xmm2, xmm7
;;     14  movdqa  xmm7, xmm1
;;     18  pblendvb  xmm7, xmm2, xmm0                        ; @0x4c
;;     1d  movdqa  xmm0, xmm7
;;     21  mov  rsp, rbp                                     ; @0x4e
;;     24  pop  rbp
;;     25  ret
;;
;; select_float:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  movdqa  xmm7, xmm0
;;      8  movdqa  xmm0, xmm2
;;      c  cmpltpd  xmm0, xmm3                               ; @0x59
;;     11  movdqa  xmm2, xmm7
;;     15  movdqa  xmm7, xmm1
;;     19  pblendvb  xmm7, xmm2, xmm0                        ; @0x5b
;;     1e  movdqa  xmm0, xmm7
;;     22  mov  rsp, rbp                                     ; @0x5d
;;     25  pop  rbp
;;     26  ret
;;
;; select_other:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  pand  xmm0, xmm2                                  ; @0x66
;;      8  movdqa  xmm7, xmm0
;;      c  pandn  xmm2, xmm1
;;     10  movdqa  xmm1, xmm7
;;     14  movdqa  xmm0, xmm2
;;     18  por  xmm0, xmm1
;;     1c  mov  rsp, rbp                                     ; @0x68
;;     1f  pop  rbp
;;     20  ret
