;; A second module of the same program, with names that meet those of the first, and a start function that may trap.
(module
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (global $runs (export "runs") (mut i32) (i32.const 0))
  (func $start
    (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
    (call $log (i32.const 0) (i32.const 0)))
  (start $start)
  (func (export "add") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
)
