;; Declarations of tables with 64-bit indices, and linking: the width is part of the type.
(module (table i64 0 funcref))
(module (table i64 0 0 funcref))
(module (table i64 1 0x1_0000_0000 funcref))
(module (table i64 0 0xffff_ffff_ffff_ffff funcref))
(assert_invalid (module (table i64 2 1 funcref)) "size minimum must not be greater than maximum")
(assert_invalid (module (table 0 0x1_0000_0000 funcref)) "table size")

(module $a
  (table (export "wide") i64 2 4 funcref)
  (table (export "narrow") 2 4 funcref))
(register "a" $a)
(module (import "a" "wide" (table i64 2 4 funcref)))
(module (import "a" "wide" (table i64 1 10 funcref)))
(module (import "a" "wide" (table i64 0 funcref)))
(module (import "a" "narrow" (table 2 4 funcref)))
(assert_unlinkable (module (import "a" "wide" (table 2 4 funcref))) "incompatible import type")
(assert_unlinkable (module (import "a" "narrow" (table i64 2 4 funcref))) "incompatible import type")
(assert_unlinkable (module (import "a" "wide" (table i64 3 4 funcref))) "incompatible import type")
(assert_unlinkable (module (import "a" "wide" (table i64 2 3 funcref))) "incompatible import type")
(assert_unlinkable (module (import "a" "wide" (table i64 2 4 externref))) "incompatible import type")

;; An imported table is the same table.
(module $writer
  (import "a" "wide" (table $t i64 2 4 funcref))
  (func $seven (result i32) (i32.const 7))
  (elem (table $t) (i64.const 1) func $seven)
  (func (export "grow") (result i64) (table.grow $t (ref.func $seven) (i64.const 1))))
(module $reader
  (import "a" "wide" (table $t i64 2 4 funcref))
  (func (export "call") (param i64) (result i32) (call_indirect $t (result i32) (local.get 0)))
  (func (export "size") (result i64) (table.size $t)))
(assert_return (invoke $reader "call" (i64.const 1)) (i32.const 7))
(assert_trap (invoke $reader "call" (i64.const 2)) "undefined element")
(assert_return (invoke $writer "grow") (i64.const 2))
(assert_return (invoke $reader "call" (i64.const 2)) (i32.const 7))
(assert_return (invoke $reader "size") (i64.const 3))

;; The same for memories.
(module $m
  (memory (export "wide") i64 1 2)
  (memory (export "narrow") 1 2))
(register "m" $m)
(module (import "m" "wide" (memory i64 1 2)))
(assert_unlinkable (module (import "m" "wide" (memory 1 2))) "incompatible import type")
(assert_unlinkable (module (import "m" "narrow" (memory i64 1 2))) "incompatible import type")
