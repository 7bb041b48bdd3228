;;! options = "--model executable --cpu x86-64-v3"
;;! filter = "scale"

;; The multiplication takes its operand from memory, because the load makes two doubles and not sixteen bytes.
(module
  (memory (export "memory") 1)
  (func $scale (export "scale") (param $at i32) (param $by v128)
    (v128.store (local.get $at) (f64x2.mul (v128.load offset=32 (local.get $at)) (local.get $by)))))

;; scale:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  esi, edi                                     ; @0x36
;;      6  vmulpd  xmm4, xmm0, xmmword ptr [rsi + 0x10000020]  ; @0x3c, trap: out of bounds memory access
;;      e  vmovdqu  xmmword ptr [rsi + 0x10000000], xmm4     ; @0x3f, trap: out of bounds memory access
;;     16  mov  rsp, rbp                                     ; @0x43
;;     19  pop  rbp
;;     1a  ret
