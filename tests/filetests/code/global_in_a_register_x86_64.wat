;;! target = "x86_64-linux"
;;! options = "--model program --root run"
;;! filter = "run"

;; The stack pointer is `r15` while Wasm runs; `leaf` neither calls nor asks for it, and could use the register.
(module
  (memory 1)
  (global $sp (mut i32) (i32.const 65536))
  (func $leaf (param i32) (result i32) (loop $next (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 3))))) (local.get 0))
  (func $run (export "run") (param i32) (result i32) (local $frame i32)
    (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 16))))
    (i32.store (local.get $frame) (local.get 0))
    (local.set 0 (call $run (call $leaf (local.get 0))))
    (global.set $sp (i32.add (local.get $frame) (i32.const 16)))
    (local.get 0)))

;; run:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  sub  rsp, 0x10
;;      8  mov  qword ptr [rsp], r12
;;      c  mov  r12, r15                                     ; @0x45
;;      f  mov  rsi, r12
;;     12  sub  esi, 0x10                                    ; @0x49
;;     15  mov  r15, rsi                                     ; @0x4c
;;     18  mov  dword ptr [rsi + 0x10000000], edi            ; @0x52, trap: out of bounds memory access
;;     1e  call  leaf                                        ; @0x57
;;     23  mov  rdi, rax
;;     26  call  run                                         ; @0x59
;;     2b  mov  r8d, r12d                                    ; @0x62
;;     2e  mov  r15, r8
;;     31  mov  r12, qword ptr [rsp]                         ; @0x66
;;     35  add  rsp, 0x10
;;     39  mov  rsp, rbp
;;     3c  pop  rbp
;;     3d  ret
