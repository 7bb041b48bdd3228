;; No `_start`: the command line names an export and gives its arguments. State is set by `_initialize`, after the start
;; function.
(module
  (memory (export "memory") 1)
  (global $order (mut i64) (i64.const 0))
  (func $note (param $digit i64)
    (global.set $order (i64.add (i64.mul (global.get $order) (i64.const 10)) (local.get $digit))))
  (func $first (call $note (i64.const 1)))
  (start $first)
  (func (export "_initialize") (call $note (i64.const 2)))
  (func (export "order") (result i64)
    (call $note (i64.const 3))
    (global.get $order))
  (func (export "factorial") (param $n i64) (result i64)
    (local $product i64)
    (local.set $product (i64.const 1))
    (loop $next
      (if (i64.gt_u (local.get $n) (i64.const 1)) (then
        (local.set $product (i64.mul (local.get $product) (local.get $n)))
        (local.set $n (i64.sub (local.get $n) (i64.const 1)))
        (br $next))))
    (local.get $product))
  (func (export "hypotenuse") (param $a f64) (param $b f64) (result f64)
    (f64.sqrt (f64.add (f64.mul (local.get $a) (local.get $a)) (f64.mul (local.get $b) (local.get $b)))))
  (func (export "divide") (param $a i32) (param $b i32) (result i32)
    (i32.div_s (local.get $a) (local.get $b)))
  (func (export "half") (param $x f32) (result f32) (f32.mul (local.get $x) (f32.const 0.5))))
