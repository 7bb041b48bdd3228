;;! target = "aarch64-linux"
;;! options = "--model program --root run"
;;! filter = "run"

;; The stack pointer is `x21` while Wasm runs; `leaf` neither calls nor asks for it, and could use the register.
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
;;      0  stp  x29, x30, [sp, #-0x10]!
;;      4  mov  x29, sp
;;      8  str  x19, [sp, #-0x10]!
;;      c  mov  x19, x21                                     ; @0x45
;;     10  sub  w8, w19, #0x10                               ; @0x49
;;     14  mov  w9, w8                                       ; @0x4c
;;     18  mov  x21, x9
;;     1c  mov  x9, #0x100000000                             ; @0x52
;;     20  str  w2, [x9, w8, uxtw]                           ; trap: out of bounds memory access
;;     24  mov  x0, x2
;;     28  bl  leaf                                          ; @0x57
;;     2c  mov  x2, x0
;;     30  bl  run                                           ; @0x59
;;     34  mov  w10, w19                                     ; @0x62
;;     38  mov  x21, x10
;;     3c  ldr  x19, [sp], #0x10                             ; @0x66
;;     40  ldp  x29, x30, [sp], #0x10
;;     44  ret
