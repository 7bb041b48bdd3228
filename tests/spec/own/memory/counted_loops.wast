;; Addresses made of counters of loops: sums that cannot wrap fold into accesses, those that can must not.
(module
  (memory (export "memory") 1 1)
  (func (export "set") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))

  ;; Counts up to a constant; the array begins at a constant address. Inside everywhere.
  (func (export "up") (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65280)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 256))))
    (local.get $sum))
  ;; One round too many: the last access is beyond the end.
  (func (export "up_beyond") (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65280)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 260))))
    (local.get $sum))
  ;; A counter that starts below zero: the sums wrap, and are inside.
  (func (export "from_below") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const -16))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 16)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 16))))
    (local.get $sum))
  ;; The same with a scale: (i << 2) loses bits, on purpose.
  (func (export "scaled_wrap") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 0x3ffffffc))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (i32.shl (local.get $i) (i32.const 2)) (i32.const 16)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 0x40000004))))
    (local.get $sum))
  (func (export "scaled") (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (i32.shl (local.get $i) (i32.const 2)) (i32.const 65472)))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (local.get $sum))
  ;; A counter that never meets its end by equality before it has wrapped: 3 does not divide 256.
  (func (export "misses") (result i32) (local $i i32) (local $rounds i32)
    (loop $next
      (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
      (drop (i32.load8_u (i32.and (i32.add (local.get $i) (i32.const 5)) (i32.const 0xffff))))
      (if (i32.gt_u (local.get $rounds) (i32.const 1000)) (then (return (local.get $rounds))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 3))) (i32.const 256))))
    (local.get $rounds))
  (func (export "misses_and_traps") (local $i i32)
    (loop $next
      (drop (i32.load8_u (i32.add (local.get $i) (i32.const 65000))))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 3))) (i32.const 256)))))
  ;; Downwards, to zero, and one below.
  (func (export "down") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 64))
    (loop $next
      (local.set $i (i32.sub (local.get $i) (i32.const 4)))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65472)))))
      (br_if $next (local.get $i)))
    (local.get $sum))
  (func (export "down_beyond") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 64))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const -4)))))
      (br_if $next (i32.ne (local.tee $i (i32.sub (local.get $i) (i32.const 4))) (i32.const -4))))
    (local.get $sum))
  ;; Bounds that arrive as arguments, compared with and without sign.
  (func (export "until_u") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65472)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (local.get $sum))
  (func (export "until_s") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65472)))))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func (export "until_s_from") (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 32)))))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 8))) (local.get $n))))
    (local.get $sum))
  (func (export "until_byte") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65281)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.and (local.get $n) (i32.const 255)))))
    (local.get $sum))
  ;; A step over the bound, near the end of the numbers.
  (func (export "leap") (result i32) (local $i i32) (local $rounds i32)
    (loop $next
      (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
      (if (i32.gt_u (local.get $rounds) (i32.const 9)) (then (return (local.get $rounds))))
      (drop (i32.load8_u (i32.shr_u (local.get $i) (i32.const 16))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 0x60000000))) (i32.const 0xfffffff0))))
    (local.get $rounds))
  ;; Two loops, the outer one's counter in the inner address; exits in the middle.
  (func (export "nested") (result i32) (local $i i32) (local $j i32) (local $sum i32)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $sum (i32.add (local.get $sum)
          (i32.load8_u (i32.add (i32.add (i32.shl (local.get $i) (i32.const 3)) (local.get $j)) (i32.const 65408)))))
        (br_if $inner (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 8))))
      (br_if $outer (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (local.get $sum))
  (func (export "nested_beyond") (result i32) (local $i i32) (local $j i32) (local $sum i32)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $sum (i32.add (local.get $sum)
          (i32.load8_u (i32.add (i32.add (i32.shl (local.get $i) (i32.const 3)) (local.get $j)) (i32.const 65409)))))
        (br_if $inner (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 8))))
      (br_if $outer (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (local.get $sum))
  ;; Two ways back, with different steps and with the same one; a test that not every round makes.
  (func (export "two_steps") (param $odd i32) (result i32) (local $i i32) (local $sum i32)
    (block $out
      (loop $next
        (br_if $out (i32.ge_u (local.get $i) (i32.const 64)))
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65472)))))
        (if (local.get $odd) (then (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $next)))
    (local.get $sum))
  (func (export "skipped_test") (param $skip i32) (result i32) (local $i i32) (local $rounds i32)
    (block $out
      (loop $next
        (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
        (drop (i32.load8_u (i32.add (local.get $i) (i32.const 65472))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br_if $next (local.get $skip))
        (br_if $next (i32.ne (local.get $i) (i32.const 64)))))
    (local.get $rounds))
  ;; The test is in an inner loop.
  (func (export "inner_test") (param $times i32) (result i32) (local $i i32) (local $k i32) (local $sum i32)
    (block $out
      (loop $outer
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 65472)))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (local.set $k (local.get $times))
        (loop $inner
          (br_if $out (i32.eq (local.get $i) (i32.const 64)))
          (br_if $inner (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        (br $outer)))
    (local.get $sum))
  ;; A condition that is turned around twice, and the old value used after the loop.
  (func (export "turned") (result i32) (local $i i32) (local $last i32)
    (loop $next
      (local.set $last (local.get $i))
      (drop (i32.load8_u (i32.add (local.get $i) (i32.const 65472))))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $next (i32.eqz (i32.eqz (i32.ne (local.get $last) (i32.const 60))))))
    (i32.add (local.get $last) (local.get $i)))
  (func (export "every_number") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 0xfffffff8))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 0))))
    (local.get $sum))
  ;; Merged values and masks as indices.
  (func (export "masked") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.and (local.get 0) (i32.const 255)) (i32.const 65280))))
  (func (export "masked_wide") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.and (local.get 0) (i32.const 256)) (i32.const 65280))))
  (func (export "table_of_bytes") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.load8_u (local.get 0)) (i32.const 65281))))
  (func (export "less_a_constant") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.and (local.get 0) (i32.const 255)) (i32.const -16))))
  (func (export "either") (param i32) (result i32) (local $x i32)
    (if (local.get 0) (then (local.set $x (i32.const 65535))) (else (local.set $x (i32.const -1))))
    (i32.load8_u (i32.add (local.get $x) (i32.const 1))))
  (func (export "or") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.or (i32.and (local.get 0) (i32.const 5)) (i32.const 8)) (i32.const 65523)))))

(assert_return (invoke "set" (i32.const 65532) (i32.const 7)))
(assert_return (invoke "set" (i32.const 65535) (i32.const 5)))
(assert_return (invoke "set" (i32.const 0) (i32.const 3)))
(assert_return (invoke "set" (i32.const 16) (i32.const 9)))
(assert_return (invoke "up") (i32.const 7))
(assert_trap (invoke "up_beyond") "out of bounds memory access")
(assert_return (invoke "from_below") (i32.const 12))
(assert_return (invoke "scaled_wrap") (i32.const 12))
(assert_return (invoke "scaled") (i32.const 7))
(assert_return (invoke "misses") (i32.const 1001))
(assert_trap (invoke "misses_and_traps") "out of bounds memory access")
(assert_return (invoke "down") (i32.const 7))
(assert_trap (invoke "down_beyond") "out of bounds memory access")
(assert_return (invoke "until_u" (i32.const 64)) (i32.const 7))
(assert_return (invoke "until_u" (i32.const 61)) (i32.const 7))
(assert_return (invoke "until_u" (i32.const 60)) (i32.const 0))
(assert_return (invoke "until_u" (i32.const 0)) (i32.const 0))
(assert_trap (invoke "until_u" (i32.const 65)) "out of bounds memory access")
(assert_trap (invoke "until_u" (i32.const -1)) "out of bounds memory access")
(assert_return (invoke "until_s" (i32.const 64)) (i32.const 12))
(assert_return (invoke "until_s" (i32.const -1)) (i32.const 0))
(assert_return (invoke "until_s" (i32.const 0x80000000)) (i32.const 0))
(assert_trap (invoke "until_s" (i32.const 65)) "out of bounds memory access")
(assert_trap (invoke "until_s" (i32.const 0x7fffffff)) "out of bounds memory access")
(assert_return (invoke "until_s_from" (i32.const -32) (i32.const 8)) (i32.const 12))
(assert_trap (invoke "until_s_from" (i32.const -40) (i32.const 8)) "out of bounds memory access")
(assert_trap (invoke "until_s_from" (i32.const 0) (i32.const 0x7fffffff)) "out of bounds memory access")
(assert_return (invoke "until_byte" (i32.const 255)) (i32.const 12))
(assert_return (invoke "until_byte" (i32.const 0)) (i32.const 0))
(assert_return (invoke "leap") (i32.const 10))
(assert_return (invoke "nested") (i32.const 12))
(assert_trap (invoke "nested_beyond") "out of bounds memory access")
(assert_return (invoke "two_steps" (i32.const 0)) (i32.const 7))
(assert_return (invoke "two_steps" (i32.const 1)) (i32.const 12))
(assert_return (invoke "skipped_test" (i32.const 0)) (i32.const 16))
(assert_trap (invoke "skipped_test" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "inner_test" (i32.const 3)) (i32.const 7))
(assert_return (invoke "turned") (i32.const 124))
(assert_return (invoke "every_number") (i32.const -36))
(assert_return (invoke "masked" (i32.const 0xffff_ffff)) (i32.const 5))
(assert_return (invoke "masked" (i32.const 0xfc)) (i32.const 7))
(assert_trap (invoke "masked_wide" (i32.const 256)) "out of bounds memory access")
(assert_return (invoke "masked_wide" (i32.const 255)) (i32.const 0))
(assert_return (invoke "set" (i32.const 100) (i32.const 254)))
(assert_return (invoke "table_of_bytes" (i32.const 100)) (i32.const 5))
(assert_return (invoke "set" (i32.const 100) (i32.const 255)))
(assert_trap (invoke "table_of_bytes" (i32.const 100)) "out of bounds memory access")
(assert_return (invoke "less_a_constant" (i32.const 32)) (i32.const 9))
(assert_return (invoke "less_a_constant" (i32.const 16)) (i32.const 3))
(assert_trap (invoke "less_a_constant" (i32.const 15)) "out of bounds memory access")
(assert_return (invoke "either" (i32.const 0)) (i32.const 3))
(assert_trap (invoke "either" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "or" (i32.const 4)) (i32.const 5))
(assert_trap (invoke "or" (i32.const 5)) "out of bounds memory access")
