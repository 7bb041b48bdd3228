;; `table.copy` with 64-bit indices: overlap, bounds of both sides, and tables of mixed width.
(module
  (table $t i64 8 externref)
  (table $n 4 externref)
  (func (export "set") (param i64 externref) (table.set $t (local.get 0) (local.get 1)))
  (func (export "get") (param i64) (result externref) (table.get $t (local.get 0)))
  (func (export "get_n") (param i32) (result externref) (table.get $n (local.get 0)))
  (func (export "copy") (param i64 i64 i64) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "to_n") (param i32 i64 i32) (table.copy $n $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "from_n") (param i64 i32 i32) (table.copy $t $n (local.get 0) (local.get 1) (local.get 2))))

(invoke "set" (i64.const 0) (ref.extern 0))
(invoke "set" (i64.const 1) (ref.extern 1))
(invoke "set" (i64.const 2) (ref.extern 2))
;; Upwards: 0 0 1 2.
(invoke "copy" (i64.const 1) (i64.const 0) (i64.const 3))
(assert_return (invoke "get" (i64.const 1)) (ref.extern 0))
(assert_return (invoke "get" (i64.const 2)) (ref.extern 1))
(assert_return (invoke "get" (i64.const 3)) (ref.extern 2))
;; Downwards: 1 2 1 2.
(invoke "copy" (i64.const 0) (i64.const 2) (i64.const 2))
(assert_return (invoke "get" (i64.const 0)) (ref.extern 1))
(assert_return (invoke "get" (i64.const 1)) (ref.extern 2))
(assert_return (invoke "get" (i64.const 2)) (ref.extern 1))

(assert_return (invoke "copy" (i64.const 8) (i64.const 0) (i64.const 0)))
(assert_return (invoke "copy" (i64.const 0) (i64.const 8) (i64.const 0)))
(assert_trap (invoke "copy" (i64.const 9) (i64.const 0) (i64.const 0)) "out of bounds table access")
(assert_trap (invoke "copy" (i64.const 0) (i64.const 9) (i64.const 0)) "out of bounds table access")
(assert_trap (invoke "copy" (i64.const 6) (i64.const 0) (i64.const 3)) "out of bounds table access")
(assert_return (invoke "get" (i64.const 6)) (ref.null extern))
(assert_trap (invoke "copy" (i64.const 0) (i64.const 0x1_0000_0000) (i64.const 1)) "out of bounds table access")
(assert_trap (invoke "copy" (i64.const 1) (i64.const 0) (i64.const -1)) "out of bounds table access")

(invoke "to_n" (i32.const 2) (i64.const 0) (i32.const 2))
(assert_return (invoke "get_n" (i32.const 3)) (ref.extern 2))
(invoke "from_n" (i64.const 7) (i32.const 3) (i32.const 1))
(assert_return (invoke "get" (i64.const 7)) (ref.extern 2))
(assert_trap (invoke "to_n" (i32.const 3) (i64.const 0) (i32.const 2)) "out of bounds table access")
(assert_trap (invoke "from_n" (i64.const 0) (i32.const 4) (i32.const 1)) "out of bounds table access")
(assert_trap (invoke "from_n" (i64.const 0x1_0000_0000) (i32.const 0) (i32.const 1)) "out of bounds table access")

(assert_invalid
  (module (table 1 funcref) (table i64 1 funcref)
    (func (table.copy 0 1 (i32.const 0) (i64.const 0) (i64.const 0))))
  "type mismatch")
