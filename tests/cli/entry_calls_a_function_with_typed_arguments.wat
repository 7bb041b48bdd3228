;; RUN: aot compile %s --entry add -o add
;; RUN: ./add 40 2
;; RUN(2): ./add 40
;; RUN(2): ./add forty 2
;; RUN: aot compile %s --entry halves -o halves
;; RUN: ./halves 9
;; RUN: aot run --entry add %s -- -1 -2
;; RUN(1): aot compile %s --entry nobody
(module
  (global $ready (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $ready (i32.const 1)))
  (func (export "add") (param i32 i32) (result i32)
    (if (i32.eqz (global.get $ready)) (then unreachable))
    (i32.add (local.get 0) (local.get 1)))
  (func (export "halves") (param f64) (result f64 i64)
    (f64.div (local.get 0) (f64.const 2))
    (i64.trunc_f64_s (f64.div (local.get 0) (f64.const 2)))))
