;; `memory.size` and `memory.grow` with 64-bit addresses, and growth that cannot be.
(module
  (memory i64 0)
  (func (export "size") (result i64) (memory.size))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
  (func (export "load") (param i64) (result i32) (i32.load8_u (local.get 0)))
  (func (export "store") (param i64 i32) (i32.store8 (local.get 0) (local.get 1))))

(assert_return (invoke "size") (i64.const 0))
(assert_trap (invoke "load" (i64.const 0)) "out of bounds memory access")
(assert_return (invoke "grow" (i64.const 1)) (i64.const 0))
(assert_return (invoke "size") (i64.const 1))
(assert_return (invoke "load" (i64.const 0xffff)) (i32.const 0))
(assert_trap (invoke "load" (i64.const 0x10000)) "out of bounds memory access")
(invoke "store" (i64.const 0xffff) (i32.const 42))
(assert_return (invoke "grow" (i64.const 3)) (i64.const 1))
(assert_return (invoke "load" (i64.const 0xffff)) (i32.const 42))
(assert_return (invoke "load" (i64.const 0x3ffff)) (i32.const 0))
(assert_return (invoke "grow" (i64.const 0)) (i64.const 4))
;; More than any address space, and sums that overflow.
(assert_return (invoke "grow" (i64.const 0x1_0000_0000_0000)) (i64.const -1))
(assert_return (invoke "grow" (i64.const -1)) (i64.const -1))
(assert_return (invoke "grow" (i64.const -4)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 0x8000_0000_0000_0000)) (i64.const -1))
(assert_return (invoke "size") (i64.const 4))

(module
  (memory i64 1 2)
  (func (export "size") (result i64) (memory.size))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))
(assert_return (invoke "grow" (i64.const 2)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 0x1_0000_0001)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 1)) (i64.const 1))
(assert_return (invoke "grow" (i64.const 1)) (i64.const -1))
(assert_return (invoke "size") (i64.const 2))

(assert_invalid (module (memory i64 1) (func (result i32) (memory.size))) "type mismatch")
(assert_invalid (module (memory i64 1) (func (result i64) (memory.grow (i32.const 0)))) "type mismatch")
(assert_invalid (module (memory i64 1) (func (result i32) (memory.grow (i64.const 0)))) "type mismatch")
