;; `memory.init` with 64-bit addresses: the destination is 64 bits wide, source and length stay 32.
(module
  (memory i64 1)
  (data $passive "\0a\0b\0c\0d")
  (data $active (i64.const 8) "\01\02")
  (func (export "init") (param i64 i32 i32) (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init_active") (param i64 i32 i32) (memory.init $active (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $passive))
  (func (export "byte") (param i64) (result i32) (i32.load8_u (local.get 0))))

(invoke "init" (i64.const 0) (i32.const 1) (i32.const 2))
(assert_return (invoke "byte" (i64.const 0)) (i32.const 0x0b))
(assert_return (invoke "byte" (i64.const 1)) (i32.const 0x0c))
(assert_return (invoke "byte" (i64.const 2)) (i32.const 0))
(assert_return (invoke "byte" (i64.const 9)) (i32.const 2))

(assert_return (invoke "init" (i64.const 0xfffc) (i32.const 0) (i32.const 4)))
(assert_return (invoke "byte" (i64.const 0xffff)) (i32.const 0x0d))
(assert_trap (invoke "init" (i64.const 0xfffd) (i32.const 0) (i32.const 4)) "out of bounds memory access")
(assert_trap (invoke "init" (i64.const 0) (i32.const 1) (i32.const 4)) "out of bounds memory access")
(assert_trap (invoke "init" (i64.const 0) (i32.const 5) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "init" (i64.const 0x10001) (i32.const 0) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "init" (i64.const 0x1_0000_0000) (i32.const 0) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "init" (i64.const -1) (i32.const 0) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "init" (i64.const 0) (i32.const -1) (i32.const 2)) "out of bounds memory access")
(assert_trap (invoke "init" (i64.const 0) (i32.const 2) (i32.const -1)) "out of bounds memory access")

;; An active segment is dropped after it was applied.
(assert_return (invoke "init_active" (i64.const 0) (i32.const 0) (i32.const 0)))
(assert_trap (invoke "init_active" (i64.const 0) (i32.const 0) (i32.const 1)) "out of bounds memory access")

(invoke "drop")
(assert_return (invoke "init" (i64.const 0x10000) (i32.const 0) (i32.const 0)))
(assert_trap (invoke "init" (i64.const 0) (i32.const 0) (i32.const 1)) "out of bounds memory access")
(invoke "drop")

;; Active segments check their offset as 64 bits.
(assert_trap (module (memory i64 1) (data (i64.const 0xffff) "ab")) "out of bounds memory access")
(assert_trap (module (memory i64 1) (data (i64.const 0x1_0000_0000) "a")) "out of bounds memory access")
(assert_trap (module (memory i64 1) (data (i64.const -1) "a")) "out of bounds memory access")
(module (memory i64 1) (data (i64.const 0x10000) ""))

(assert_invalid
  (module (memory i64 1) (data "a") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))))
  "type mismatch")
(assert_invalid
  (module (memory i64 1) (data "a") (func (memory.init 0 (i64.const 0) (i64.const 0) (i32.const 0))))
  "type mismatch")
(assert_invalid (module (memory i64 1) (data (i32.const 0) "a")) "type mismatch")
