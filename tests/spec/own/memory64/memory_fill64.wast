;; `memory.fill` with 64-bit addresses: what it writes, its bounds, and lengths that only a 64-bit check catches.
(module
  (memory i64 1 2)
  (func (export "fill") (param i64 i32 i64) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "byte") (param i64) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (result i64) (memory.grow (i64.const 1))))

(invoke "fill" (i64.const 1) (i32.const 0xff) (i64.const 3))
(assert_return (invoke "byte" (i64.const 0)) (i32.const 0))
(assert_return (invoke "byte" (i64.const 1)) (i32.const 0xff))
(assert_return (invoke "byte" (i64.const 3)) (i32.const 0xff))
(assert_return (invoke "byte" (i64.const 4)) (i32.const 0))

;; Only the low byte of the value counts.
(invoke "fill" (i64.const 0) (i32.const 0xabcd) (i64.const 2))
(assert_return (invoke "byte" (i64.const 1)) (i32.const 0xcd))

;; The last byte, the whole memory, nothing at the very end.
(assert_return (invoke "fill" (i64.const 0xffff) (i32.const 7) (i64.const 1)))
(assert_return (invoke "byte" (i64.const 0xffff)) (i32.const 7))
(assert_return (invoke "fill" (i64.const 0) (i32.const 9) (i64.const 0x10000)))
(assert_return (invoke "byte" (i64.const 0xffff)) (i32.const 9))
(assert_return (invoke "fill" (i64.const 0x10000) (i32.const 0) (i64.const 0)))

;; Nothing is written when a part is out of bounds, and no length is too short to check.
(assert_trap (invoke "fill" (i64.const 0xff00) (i32.const 1) (i64.const 0x101)) "out of bounds memory access")
(assert_return (invoke "byte" (i64.const 0xff00)) (i32.const 9))
(assert_trap (invoke "fill" (i64.const 0x10001) (i32.const 0) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "fill" (i64.const 0x1_0000_0000) (i32.const 0) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "fill" (i64.const 0) (i32.const 1) (i64.const 0x1_0000_0001)) "out of bounds memory access")
(assert_trap (invoke "fill" (i64.const 1) (i32.const 1) (i64.const -1)) "out of bounds memory access")
(assert_trap (invoke "fill" (i64.const -1) (i32.const 1) (i64.const 1)) "out of bounds memory access")
(assert_trap (invoke "fill" (i64.const -1) (i32.const 1) (i64.const 2)) "out of bounds memory access")
(assert_return (invoke "byte" (i64.const 0)) (i32.const 9))

;; Growth moves the end.
(assert_return (invoke "grow") (i64.const 1))
(assert_return (invoke "fill" (i64.const 0x10000) (i32.const 5) (i64.const 0x10000)))
(assert_return (invoke "byte" (i64.const 0x1ffff)) (i32.const 5))
(assert_trap (invoke "fill" (i64.const 0x10000) (i32.const 5) (i64.const 0x10001)) "out of bounds memory access")

(assert_invalid
  (module (memory i64 1) (func (memory.fill (i32.const 0) (i32.const 0) (i64.const 0))))
  "type mismatch")
(assert_invalid
  (module (memory i64 1) (func (memory.fill (i64.const 0) (i32.const 0) (i32.const 0))))
  "type mismatch")
(assert_invalid
  (module (memory i64 1) (func (memory.fill (i64.const 0) (i64.const 0) (i64.const 0))))
  "type mismatch")
