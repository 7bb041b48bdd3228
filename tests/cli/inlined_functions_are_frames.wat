;; RUN: aot compile %s -o program
;; RUN(134): ./program
;; RUN: aot compile %s --disable inline -o program
;; RUN(134): ./program
;; A backtrace shows functions that were taken into others like any, with the offsets of their calls.
(module
  (memory (export "memory") 1)
  (func $divide (param i32) (result i32) (i32.div_u (i32.const 10) (local.get 0)))
  (func $middle (param i32) (result i32)
    (i32.add (call $divide (local.get 0)) (call $divide (i32.sub (local.get 0) (i32.const 1)))))
  (func $outer (param i32) (result i32) (i32.mul (call $middle (i32.const 7)) (call $middle (local.get 0))))
  (func (export "_start") (drop (call $outer (i32.add (i32.const 1) (i32.load (i32.const 100)))))))
