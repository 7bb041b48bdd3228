;; `table.get`, `table.set` and `table.size` with 64-bit indices.
(module
  (table $externs i64 2 externref)
  (table $functions i64 3 funcref)
  (elem (table $functions) (i64.const 1) func $marker)
  (func $marker)
  (func (export "get") (param i64) (result externref) (table.get $externs (local.get 0)))
  (func (export "set") (param i64 externref) (table.set $externs (local.get 0) (local.get 1)))
  (func (export "size") (result i64) (table.size $externs))
  (func (export "get_function") (param i64) (result funcref) (table.get $functions (local.get 0)))
  (func (export "move") (param i64 i64)
    (table.set $functions (local.get 0) (table.get $functions (local.get 1)))))

(assert_return (invoke "size") (i64.const 2))
(assert_return (invoke "get" (i64.const 0)) (ref.null extern))
(invoke "set" (i64.const 1) (ref.extern 7))
(assert_return (invoke "get" (i64.const 1)) (ref.extern 7))
(invoke "set" (i64.const 1) (ref.null extern))
(assert_return (invoke "get" (i64.const 1)) (ref.null extern))

(assert_return (invoke "get_function" (i64.const 0)) (ref.null func))
(assert_return (invoke "get_function" (i64.const 1)) (ref.func))
(invoke "move" (i64.const 2) (i64.const 1))
(assert_return (invoke "get_function" (i64.const 2)) (ref.func))

(assert_trap (invoke "get" (i64.const 2)) "out of bounds table access")
(assert_trap (invoke "get" (i64.const -1)) "out of bounds table access")
(assert_trap (invoke "get" (i64.const 0x1_0000_0000)) "out of bounds table access")
(assert_trap (invoke "get" (i64.const 0x2000_0000_0000_0001)) "out of bounds table access")
(assert_trap (invoke "set" (i64.const 2) (ref.extern 0)) "out of bounds table access")
(assert_trap (invoke "set" (i64.const 0x1_0000_0001) (ref.null extern)) "out of bounds table access")

(assert_invalid
  (module (table i64 1 funcref) (func (result funcref) (table.get 0 (i32.const 0)))) "type mismatch")
(assert_invalid
  (module (table i64 1 funcref) (func (table.set 0 (i32.const 0) (ref.null func)))) "type mismatch")
(assert_invalid
  (module (table i64 1 funcref) (func (result i32) (table.size 0))) "type mismatch")
