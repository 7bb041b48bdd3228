;; What there is to stop, and to count.
(module
  (import "env" "call" (func $call (param i32) (result i32)))
  (memory (export "memory") 2)
  (memory $shared 1 1 shared)
  (table $table 16 funcref)
  (global $rounds (export "rounds") (mut i64) (i64.const 0))
  (elem declare func $fib)

  ;; Four ways to go on for ever.
  (func (export "spin") (loop $again (br $again)))
  (func (export "count")
    (loop $again
      (global.set $rounds (i64.add (global.get $rounds) (i64.const 1)))
      (br $again)))
  (func $forth (export "forth") (global.set $rounds (i64.add (global.get $rounds) (i64.const 1))) (return_call $back))
  (func $back (return_call $forth))
  (func $down (export "down") (param i32) (result i32)
    (i32.add (call $down (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $tree (export "tree") (param i32)
    (if (i32.eqz (local.get 0)) (then (return)))
    (call $tree (i32.sub (local.get 0) (i32.const 1)))
    (call $tree (i32.sub (local.get 0) (i32.const 1))))

  (func (export "wait") (result i32) (memory.atomic.wait32 $shared (i32.const 0) (i32.const 0) (i64.const -1)))

  ;; What ends by itself.
  (func (export "nothing"))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else
        (i32.add
          (call $fib (i32.sub (local.get 0) (i32.const 1)))
          (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "sum") (param $n i32) (result i32) (local $sum i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.and (local.get $n) (i32.const 0xfffc)))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $sum))
  (func (export "collatz") (param $n i64) (result i32) (local $steps i32)
    (loop $again
      (if (i64.gt_u (local.get $n) (i64.const 1))
        (then
          (if (i64.eqz (i64.and (local.get $n) (i64.const 1)))
            (then (local.set $n (i64.shr_u (local.get $n) (i64.const 1))))
            (else (local.set $n (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
          (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
          (br $again))))
    (local.get $steps))
  (func (export "select") (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c (local.get 0))) (return (i32.const 10))) (return (i32.const 20)))
    (i32.const 30))
  (func (export "host") (param i32) (result i32) (i32.add (call $call (local.get 0)) (i32.const 1)))
  (func (export "indirect") (param i32) (result i32)
    (table.fill $table (i32.const 0) (ref.func $fib) (i32.const 16))
    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 3)))

  ;; What takes as long as it is told.
  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 7) (local.get 0)))
  (func (export "copy") (param i32) (memory.copy (i32.const 8) (i32.const 0) (local.get 0)))
  (func (export "constant_fill") (memory.fill (i32.const 0) (i32.const 7) (i32.const 160)))
  (func (export "table_grow") (param i32) (result i32) (table.grow $table (ref.null func) (local.get 0)))

  ;; Traps, with more of the run behind them.
  (func (export "load") (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.mul (i32.load (local.get 0)) (i32.const 2))))
  (func (export "far") (result i32) (i32.add (i32.load offset=0xfffffff0 (i32.const 0x20)) (i32.const 1)))
  (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
  (func (export "unreachable") (drop (i32.const 1)) unreachable)
)
