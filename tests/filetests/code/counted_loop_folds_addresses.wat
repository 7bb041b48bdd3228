;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "loop_"

;; A loop over two arrays at constant addresses. The counter has a known range, so base and offset are parts of each access;
;; the test is of the counter's next value, so the way back is one jump.
(module
  (memory (export "memory") 1)
  (func $loop_folds (export "f") (local $i i32)
    (loop $next
      (i64.store (i32.add (local.get $i) (i32.const 4096))
        (i64.add
          (i64.load (i32.add (local.get $i) (i32.const 4104)))
          (i64.load (i32.add (i32.shl (local.get $i) (i32.const 1)) (i32.const 8192)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 1024))))))

;; loop_folds:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  rax, rax
;;      7  mov  rsi, qword ptr [rax + 0x10001008]            ; @0x3c, trap: out of bounds memory access
;;      e  mov  edi, 0x2000                                  ; @0x4c
;;     13  add  rsi, qword ptr [rdi + rax*2 + 0x10000000]    ; trap: out of bounds memory access
;;     1b  mov  qword ptr [rax + 0x10001000], rsi            ; @0x4d, trap: out of bounds memory access
;;     22  add  eax, 8
;;     28  cmp  rax, 0x400                                   ; @0x5b
;;     2e  jne  7
;;     34  mov  rsp, rbp                                     ; @0x5e
;;     37  pop  rbp
;;     38  ret
