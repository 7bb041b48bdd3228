;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "wide_"

;; Go's addresses are sums of 64 bits whose lower half is used. `frame` is one register with offsets; `element` is computed in
;; 32 bits, which leaves the upper half zero, so that nothing has to be extended; `global` loads what it uses. In `both` the
;; whole sum is wanted, too.
(module
  (memory (export "memory") 1)
  (global $g (mut i64) (i64.const 8))
  (func (export "set") (global.set $g (i64.const 16)))
  (func $wide_frame (export "frame") (param $sp i32) (param $value i64)
    (i64.store (local.get $sp) (local.get $value))
    (i64.store (i32.wrap_i64 (i64.add (i64.extend_i32_u (local.get $sp)) (i64.const 8))) (local.get $value))
    (i64.store (i32.sub (local.get $sp) (i32.const 8)) (local.get $value)))
  (func $wide_element (export "element") (param $array i64) (param $index i64) (result i64)
    (i64.load (i32.wrap_i64 (i64.add (local.get $array) (i64.shl (local.get $index) (i64.const 4))))))
  (func $wide_global (export "global") (result i32)
    (i32.load offset=16 (i32.wrap_i64 (global.get $g))))
  (func $wide_both (export "both") (param $array i64) (param $index i64) (result i64) (local $sum i64)
    (local.set $sum (i64.add (local.get $array) (local.get $index)))
    (i64.store (i32.wrap_i64 (local.get $sum)) (i64.const 0))
    (local.get $sum)))

;; wide_frame:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  edi, edi                                     ; @0x76
;;      6  mov  qword ptr [rdi + 0x10000000], rsi            ; trap: out of bounds memory access
;;      d  mov  qword ptr [rdi + 0x10000008], rsi            ; @0x82, trap: out of bounds memory access
;;     14  mov  qword ptr [rdi + 0xffffff8], rsi             ; @0x8c, trap: out of bounds memory access
;;     1b  mov  rsp, rbp                                     ; @0x8f
;;     1e  pop  rbp
;;     1f  ret
;;
;; wide_element:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  shl  esi, 4                                       ; @0x98
;;      7  add  esi, edi                                     ; @0x99
;;      9  mov  rax, qword ptr [rsi + 0x10000000]            ; @0x9b, trap: out of bounds memory access
;;     10  mov  rsp, rbp                                     ; @0x9e
;;     13  pop  rbp
;;     14  ret
;;
;; wide_global:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  rdx, [rip]                                   ; @0xa1, aot_context
;;      b  mov  edx, dword ptr [rdx + 0x130]
;;     11  mov  eax, dword ptr [rdx + 0x10000010]            ; @0xa4, trap: out of bounds memory access
;;     17  mov  rsp, rbp                                     ; @0xa7
;;     1a  pop  rbp
;;     1b  ret
;;
;; wide_both:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  rax, [rdi + rsi]                             ; @0xb0
;;      8  mov  esi, eax                                     ; @0xb8
;;      a  mov  qword ptr [rsi + 0x10000000], 0              ; trap: out of bounds memory access
;;     15  mov  rsp, rbp                                     ; @0xbd
;;     18  pop  rbp
;;     19  ret
