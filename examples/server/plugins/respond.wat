;; Answers a request: the sum of the numbers from 1 to n, as text. Fails on requests for 13.
(module
  (import "server" "note" (func $note (param i32)))
  (memory (export "memory") 1)
  (func $digits (param $value i64) (param $at i32) (result i32)
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $value) (i64.const 10)))))
      (br_if $next (i64.ne (local.tee $value (i64.div_u (local.get $value) (i64.const 10))) (i64.const 0))))
    (local.get $at))
  ;; Address and length of the answer.
  (func (export "respond") (param $n i32) (result i32 i32) (local $sum i64) (local $at i32)
    (if (i32.eq (local.get $n) (i32.const 13)) (then unreachable))
    (call $note (local.get $n))
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.set $at (call $digits (local.get $sum) (i32.const 1000)))
    (local.get $at)
    (i32.sub (i32.const 1000) (local.get $at))))
