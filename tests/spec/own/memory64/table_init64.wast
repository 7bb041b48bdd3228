;; `table.init` and active segments with 64-bit indices.
(module
  (type $number (func (result i32)))
  (table i64 6 funcref)
  (func $a (result i32) (i32.const 10))
  (func $b (result i32) (i32.const 20))
  (elem $passive func $a $b $a)
  (elem $active (i64.const 4) func $b)
  (func (export "init") (param i64 i32 i32) (table.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init_active") (param i64 i32 i32) (table.init $active (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (elem.drop $passive))
  (func (export "call") (param i64) (result i32) (call_indirect (type $number) (local.get 0))))

(assert_return (invoke "call" (i64.const 4)) (i32.const 20))
(assert_trap (invoke "call" (i64.const 0)) "uninitialized element")
(invoke "init" (i64.const 0) (i32.const 1) (i32.const 2))
(assert_return (invoke "call" (i64.const 0)) (i32.const 20))
(assert_return (invoke "call" (i64.const 1)) (i32.const 10))
(assert_trap (invoke "init" (i64.const 4) (i32.const 0) (i32.const 3)) "out of bounds table access")
(assert_return (invoke "call" (i64.const 4)) (i32.const 20))
(assert_trap (invoke "init" (i64.const 0) (i32.const 2) (i32.const 2)) "out of bounds table access")
(assert_trap (invoke "init" (i64.const 7) (i32.const 0) (i32.const 0)) "out of bounds table access")
(assert_trap (invoke "init" (i64.const 0x1_0000_0000) (i32.const 0) (i32.const 1)) "out of bounds table access")
(assert_trap (invoke "init" (i64.const -1) (i32.const 0) (i32.const 2)) "out of bounds table access")
(assert_return (invoke "init_active" (i64.const 6) (i32.const 0) (i32.const 0)))
(assert_trap (invoke "init_active" (i64.const 0) (i32.const 0) (i32.const 1)) "out of bounds table access")
(invoke "drop")
(assert_return (invoke "init" (i64.const 6) (i32.const 0) (i32.const 0)))
(assert_trap (invoke "init" (i64.const 0) (i32.const 0) (i32.const 1)) "out of bounds table access")

(assert_trap
  (module (table i64 2 funcref) (func $f) (elem (i64.const 2) func $f)) "out of bounds table access")
(assert_trap
  (module (table i64 2 funcref) (func $f) (elem (i64.const 0x1_0000_0000) func $f)) "out of bounds table access")
(assert_invalid
  (module (table i64 2 funcref) (func $f) (elem (i32.const 0) func $f)) "type mismatch")
(assert_invalid
  (module (table i64 2 funcref) (elem func) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))))
  "type mismatch")
(assert_invalid
  (module (table i64 2 funcref) (elem func) (func (table.init 0 (i64.const 0) (i64.const 0) (i32.const 0))))
  "type mismatch")
