;; Addresses in loops: the larger part of an offset may go with the base, and terms that stay the same before those that do
;; not. Whatever the order, the first byte behind the memory traps, and a 32-bit index wraps where it is added, not later.
(module
  (memory 2 2)
  ;; Adds up `count` words from `at`, with an offset that no instruction has room for.
  (func (export "sum_far") (param $at i32) (param $count i32) (result i64)
    (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=70008 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  ;; The same, with an offset that is not a multiple of what is loaded, and beyond 2^31.
  (func (export "sum_further") (param $at i32) (param $count i32) (result i64)
    (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=0x80011171 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  ;; Fills rows that begin at a constant: row, column and constant are added in 32 bits.
  (func (export "fill") (param $row i32) (param $from i32) (param $to i32)
    (loop $next
      (i32.store8
        (i32.add (i32.add (local.get $row) (local.get $from)) (i32.const 69905))
        (i32.const 7))
      (br_if $next (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to)))))
  ;; As above with what cannot wrap, so that the sum may be one of 64 bits.
  (func (export "fill_small") (param $row i32) (param $from i32) (param $count i32)
    (loop $next
      (i32.store8 offset=4097
        (i32.add
          (i32.and (local.get $row) (i32.const 0x1ffff))
          (i32.and (local.get $from) (i32.const 0xffff)))
        (i32.const 9))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  (func (export "byte") (param $at i32) (result i32) (i32.load8_u (local.get $at)))
  (func (export "word") (param $at i32) (param $value i64) (i64.store (local.get $at) (local.get $value))))

;; The last word is at 131064.
(assert_return (invoke "word" (i32.const 131064) (i64.const 5)))
(assert_return (invoke "word" (i32.const 131056) (i64.const 6)))
(assert_return (invoke "sum_far" (i32.const 61048) (i32.const 2)) (i64.const 11))
(assert_trap (invoke "sum_far" (i32.const 61048) (i32.const 3)) "out of bounds memory access")
(assert_trap (invoke "sum_far" (i32.const 61057) (i32.const 1)) "out of bounds memory access")
;; Index and offset together are beyond 4 GiB; added in 32 bits they would be inside.
(assert_trap (invoke "sum_far" (i32.const -8) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "sum_far" (i32.const -70008) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "sum_further" (i32.const 0) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "sum_further" (i32.const 0x7ffeee8f) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "sum_further" (i32.const -1) (i32.const 1)) "out of bounds memory access")

;; 69905 + 61166 is the last byte.
(assert_return (invoke "fill" (i32.const 61160) (i32.const 0) (i32.const 7)))
(assert_return (invoke "byte" (i32.const 131065)) (i32.const 7))
(assert_return (invoke "byte" (i32.const 131071)) (i32.const 7))
(assert_trap (invoke "fill" (i32.const 61160) (i32.const 0) (i32.const 8)) "out of bounds memory access")
;; Here the sum wraps: 69905 + 0xfffe_eeef is 0.
(assert_return (invoke "byte" (i32.const 2)) (i32.const 0))
(assert_return (invoke "fill" (i32.const 0xfffeeeef) (i32.const 0) (i32.const 3)))
(assert_return (invoke "byte" (i32.const 0)) (i32.const 7))
(assert_return (invoke "byte" (i32.const 2)) (i32.const 7))
(assert_return (invoke "byte" (i32.const 3)) (i32.const 0))
(assert_trap (invoke "fill" (i32.const 0xfffeeeee) (i32.const 0) (i32.const 3)) "out of bounds memory access")

(assert_return (invoke "fill_small" (i32.const 0x1effe) (i32.const 0) (i32.const 1)))
(assert_return (invoke "byte" (i32.const 131071)) (i32.const 9))
(assert_trap (invoke "fill_small" (i32.const 0x1effe) (i32.const 0) (i32.const 2)) "out of bounds memory access")
(assert_trap (invoke "fill_small" (i32.const 0x1ffff) (i32.const 0xffff) (i32.const 1)) "out of bounds memory access")
