;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "near_"

;; A frame of a shadow stack: its address is in one register, and what is in it at offsets. A stencil: all elements are off
;; the index, whose sum with a negative constant may be taken in 64 bits because what is below the memory faults.
(module
  (memory (export "memory") 1)
  (func $near_frame (export "frame") (param $sp i32) (param $value i64) (result i64)
    (i64.store offset=8 (i32.sub (local.get $sp) (i32.const 64)) (local.get $value))
    (i64.store (i32.add (i32.sub (local.get $sp) (i32.const 64)) (i32.const 32)) (local.get $value))
    (i64.load (i32.sub (local.get $sp) (i32.const 48))))
  (func $near_stencil (export "stencil") (param $at i32)
    (f64.store (local.get $at)
      (f64.add
        (f64.load (i32.sub (local.get $at) (i32.const 8)))
        (f64.add (f64.load (local.get $at)) (f64.load (i32.add (local.get $at) (i32.const 8))))))))

;; near_frame:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  sub  edi, 0x40                                    ; @0x47
;;      7  mov  qword ptr [rdi + 0x10000008], rsi            ; @0x4a, trap: out of bounds memory access
;;      e  mov  qword ptr [rdi + 0x10000020], rsi            ; @0x58, trap: out of bounds memory access
;;     15  mov  rax, qword ptr [rdi + 0x10000010]            ; @0x60, trap: out of bounds memory access
;;     1c  mov  rsp, rbp                                     ; @0x63
;;     1f  pop  rbp
;;     20  ret
;;
;; near_stencil:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  esi, edi                                     ; @0x6d
;;      6  movsd  xmm3, qword ptr [rsi + 0xffffff8]          ; trap: out of bounds memory access
;;      e  movsd  xmm5, qword ptr [rsi + 0x10000000]         ; @0x72, trap: out of bounds memory access
;;     16  addsd  xmm5, qword ptr [rsi + 0x10000008]         ; @0x7d, trap: out of bounds memory access
;;     1e  addsd  xmm3, xmm5                                 ; @0x7e
;;     22  movsd  qword ptr [rsi + 0x10000000], xmm3         ; @0x7f, trap: out of bounds memory access
;;     2a  mov  rsp, rbp                                     ; @0x82
;;     2d  pop  rbp
;;     2e  ret
