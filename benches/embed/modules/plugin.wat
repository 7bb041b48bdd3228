;; What calls are measured with: no state to speak of.
(module
  (import "env" "nothing" (func $nothing))
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "noop"))
  (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "fail") unreachable)
  (func (export "outside") (result i32) (i32.load (i32.const 65536)))
  (func (export "call_nothing") (param $count i32)
    (loop $again
      (call $nothing)
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  (func (export "call_add") (param $count i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (call $add (local.get $sum) (local.get $count)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
)
