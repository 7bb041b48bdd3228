;; `table.grow` with 64-bit lengths: the old length, the value in new elements, and growth that cannot be.
(module
  (table i64 0 externref)
  (func (export "grow") (param i64 externref) (result i64) (table.grow 0 (local.get 1) (local.get 0)))
  (func (export "size") (result i64) (table.size 0))
  (func (export "get") (param i64) (result externref) (table.get 0 (local.get 0))))

(assert_trap (invoke "get" (i64.const 0)) "out of bounds table access")
(assert_return (invoke "grow" (i64.const 1) (ref.extern 3)) (i64.const 0))
(assert_return (invoke "grow" (i64.const 4) (ref.null extern)) (i64.const 1))
(assert_return (invoke "grow" (i64.const 0) (ref.extern 9)) (i64.const 5))
(assert_return (invoke "size") (i64.const 5))
(assert_return (invoke "get" (i64.const 0)) (ref.extern 3))
(assert_return (invoke "get" (i64.const 4)) (ref.null extern))
(assert_trap (invoke "get" (i64.const 5)) "out of bounds table access")
(assert_return (invoke "grow" (i64.const -1) (ref.null extern)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 0x1_0000_0000_0000) (ref.null extern)) (i64.const -1))
(assert_return (invoke "grow" (i64.const -5) (ref.null extern)) (i64.const -1))
(assert_return (invoke "size") (i64.const 5))

(module
  (table i64 1 3 funcref)
  (func (export "grow") (param i64) (result i64) (table.grow 0 (ref.null func) (local.get 0))))
(assert_return (invoke "grow" (i64.const 3)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 0x1_0000_0001)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 2)) (i64.const 1))
(assert_return (invoke "grow" (i64.const 1)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 0)) (i64.const 3))

(assert_invalid
  (module (table i64 1 funcref) (func (result i32) (table.grow 0 (ref.null func) (i64.const 0)))) "type mismatch")
(assert_invalid
  (module (table i64 1 funcref) (func (result i64) (table.grow 0 (ref.null func) (i32.const 0)))) "type mismatch")
