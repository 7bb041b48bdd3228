;; `memory.copy` with 64-bit addresses: overlap in both directions, bounds of both sides, and memories of mixed width.
(module
  (memory (export "memory") i64 1)
  (data (i64.const 10) "\01\02\03\04\05")
  (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "byte") (param i64) (result i32) (i32.load8_u (local.get 0))))

(invoke "copy" (i64.const 100) (i64.const 10) (i64.const 5))
(assert_return (invoke "byte" (i64.const 99)) (i32.const 0))
(assert_return (invoke "byte" (i64.const 100)) (i32.const 1))
(assert_return (invoke "byte" (i64.const 104)) (i32.const 5))
(assert_return (invoke "byte" (i64.const 105)) (i32.const 0))

;; Overlap, upwards: 1 1 2 3 4 5.
(invoke "copy" (i64.const 101) (i64.const 100) (i64.const 5))
(assert_return (invoke "byte" (i64.const 101)) (i32.const 1))
(assert_return (invoke "byte" (i64.const 105)) (i32.const 5))
;; Overlap, downwards: 2 3 4 5 5.
(invoke "copy" (i64.const 10) (i64.const 11) (i64.const 4))
(assert_return (invoke "byte" (i64.const 10)) (i32.const 2))
(assert_return (invoke "byte" (i64.const 13)) (i32.const 5))
(assert_return (invoke "byte" (i64.const 14)) (i32.const 5))

;; Nothing, at the end and beyond it, on either side.
(assert_return (invoke "copy" (i64.const 0x10000) (i64.const 0) (i64.const 0)))
(assert_return (invoke "copy" (i64.const 0) (i64.const 0x10000) (i64.const 0)))
(assert_trap (invoke "copy" (i64.const 0x10001) (i64.const 0) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 0) (i64.const 0x10001) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 0x1_0000_0000) (i64.const 0) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 0) (i64.const 0x1_0000_0000) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 0) (i64.const -1) (i64.const 2)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const -1) (i64.const 0) (i64.const 2)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 1) (i64.const 0) (i64.const -1)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 0xfffc) (i64.const 10) (i64.const 5)) "out of bounds memory access")
(assert_return (invoke "byte" (i64.const 0xfffc)) (i32.const 0))
(assert_trap (invoke "copy" (i64.const 10) (i64.const 0xfffc) (i64.const 5)) "out of bounds memory access")
(assert_return (invoke "byte" (i64.const 10)) (i32.const 2))

;; Between widths, the length has the narrower one.
(module
  (memory $narrow 1)
  (memory $wide i64 1)
  (data (memory $wide) (i64.const 0xfff0) "wide")
  (data (memory $narrow) (i32.const 0xfff0) "narrow")
  (func (export "to_narrow") (param i32 i64 i32)
    (memory.copy $narrow $wide (local.get 0) (local.get 1) (local.get 2)))
  (func (export "to_wide") (param i64 i32 i32)
    (memory.copy $wide $narrow (local.get 0) (local.get 1) (local.get 2)))
  (func (export "narrow") (param i32) (result i32) (i32.load $narrow (local.get 0)))
  (func (export "wide") (param i64) (result i32) (i32.load $wide (local.get 0))))

(invoke "to_narrow" (i32.const 0) (i64.const 0xfff0) (i32.const 4))
(assert_return (invoke "narrow" (i32.const 0)) (i32.const 0x65646977))
(invoke "to_wide" (i64.const 4) (i32.const 0xfff0) (i32.const 6))
(assert_return (invoke "wide" (i64.const 4)) (i32.const 0x7272616e))
(assert_trap (invoke "to_narrow" (i32.const 0) (i64.const 0x1_0000_0000) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "to_wide" (i64.const 0x1_0000_0000) (i32.const 0) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "to_wide" (i64.const 0) (i32.const -1) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "to_wide" (i64.const 1) (i32.const 0) (i32.const -1)) "out of bounds memory access")

(assert_invalid
  (module (memory 1) (memory i64 1)
    (func (memory.copy 0 1 (i32.const 0) (i64.const 0) (i64.const 0))))
  "type mismatch")
