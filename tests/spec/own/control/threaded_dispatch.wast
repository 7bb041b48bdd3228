;; Loops that begin with a dispatch: branches to them by a selector that is constant, that only looks so, and that is not.

(module
  (memory 1)

  ;; Collatz steps as a machine with states: 0 test, 1 even, 2 odd, 3 and beyond stop.
  (func (export "collatz") (param $state i32) (param $n i64) (result i32)
    (local $steps i32)
    (block $stop
      (loop $head
        (block $odd (block $even (block $test
          (br_table $test $even $odd $stop (local.get $state)))
          ;; test
          (if (i64.le_u (local.get $n) (i64.const 1))
            (then (local.set $state (i32.const 1000)) (br $head)))
          (local.set $state (i32.const 2))
          (br_if $head (i64.ne (i64.and (local.get $n) (i64.const 1)) (i64.const 0)))
          (local.set $state (i32.const 1))
          (br $head))
          ;; even
          (local.set $n (i64.shr_u (local.get $n) (i64.const 1)))
          (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
          (local.set $state (i32.const 0))
          (br $head))
        ;; odd
        (local.set $n (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))
        (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
        ;; The selector depends on what is computed: 0 after all.
        (local.set $state (i32.wrap_i64 (i64.and (local.get $n) (i64.const 1))))
        (br $head)))
    (local.get $steps))

  ;; A constant on one way, something else on the other, joined before the branch.
  (func (export "joined") (param $which i32) (param $other i32) (result i32)
    (local $state i32) (local $seen i32)
    (loop $head
      (block $c (block $b (block $a
        (br_table $a $b $c (local.get $state)))
        (local.set $seen (i32.or (local.get $seen) (i32.const 1)))
        (if (local.get $which)
          (then (local.set $state (i32.const 1)))
          (else (local.set $state (local.get $other))))
        (br $head))
        (local.set $seen (i32.or (local.get $seen) (i32.const 2)))
        (local.set $state (i32.const 2))
        (br $head))
      (local.set $seen (i32.or (local.get $seen) (i32.const 4))))
    (local.get $seen))

  ;; Two loops, one in the other, with the same selector: branches leave the inner one for places of the outer.
  (func (export "nested") (param $n i32) (result i32)
    (local $state i32) (local $trace i32)
    (block $done
      (loop $outer
        (block $x1 (block $x0
          (br_table $x0 $x1 $done (local.get $state)))
          (local.set $trace (i32.add (i32.mul (local.get $trace) (i32.const 10)) (i32.const 1)))
          (local.set $state (i32.const 0))
          (loop $inner
            (block $y1 (block $y0
              (br_table $y0 $y1 (local.get $state)))
              (local.set $trace (i32.add (i32.mul (local.get $trace) (i32.const 10)) (i32.const 2)))
              (local.set $state (i32.const 1))
              (br_if $inner (local.get $n))
              (br $outer))
            (local.set $trace (i32.add (i32.mul (local.get $trace) (i32.const 10)) (i32.const 3)))
            (local.set $n (i32.const 0))
            (local.set $state (i32.const 1))
            (br $outer)))
        (local.set $trace (i32.add (i32.mul (local.get $trace) (i32.const 10)) (i32.const 4)))
        (local.set $state (i32.const 2))
        (br $outer)))
    (local.get $trace))

  ;; Operands below the loop, results behind it, and locals that only some ways set.
  (func (export "operands") (param $state i32) (result i32)
    (local $v i32)
    (i32.const 1000)
    (block $out (result i32)
      (i32.const 5)
      (loop $head
        (block $b (block $a
          (br_table $a $b (local.get $state)))
          (local.set $v (i32.add (local.get $v) (i32.const 10)))
          (local.set $state (i32.const 1))
          (br $head))
        (local.set $v (i32.add (local.get $v) (i32.const 1))))
      (br $out (i32.add (local.get $v))))
    (i32.add))

  ;; The head has a target outside of the loop, and the loop itself.
  (func (export "itself") (param $state i32) (result i32)
    (local $n i32)
    (block $out
      (loop $head
        (block $a
          (br_table $a $out (local.get $state)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set $state (i32.const 0))
        (br_if $head (i32.lt_u (local.get $n) (i32.const 5)))
        (local.set $state (i32.const -1))
        (br_table $head $head (local.get $n))))
    (local.get $n))

  ;; What the loop stores is there behind the branch, and a trap in a state is one.
  (func (export "memory") (param $state i32) (result i32)
    (block $out
      (loop $head
        (block $c (block $b (block $a
          (br_table $a $b $c $out (local.get $state)))
          (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
          (local.set $state (i32.const 1))
          (br $head))
          (i32.store (i32.const 8) (i32.mul (i32.load (i32.const 8)) (i32.const 3)))
          (local.set $state (i32.const 3))
          (br $head))
        (drop (i32.load (i32.const -1)))
        (local.set $state (i32.const 0))
        (br $head)))
    (i32.load (i32.const 8)))

  ;; A selector that is set in the head is not the loop's.
  (func (export "set_in_head") (param $state i32) (param $other i32) (result i32)
    (local $n i32)
    (block $out
      (loop $head
        (local.set $state (local.get $other))
        (block $b (block $a
          (br_table $a $b $out (local.get $state)))
          (local.set $other (i32.const 1))
          (local.set $state (i32.const 9))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $head))
        (local.set $other (i32.const 2))
        (local.set $state (i32.const 0))
        (local.set $n (i32.add (local.get $n) (i32.const 100)))
        (br $head)))
    (local.get $n))
)

(assert_return (invoke "collatz" (i32.const 0) (i64.const 27)) (i32.const 111))
(assert_return (invoke "collatz" (i32.const 1) (i64.const 54)) (i32.const 112))
(assert_return (invoke "collatz" (i32.const 2) (i64.const 9)) (i32.const 19))
(assert_return (invoke "collatz" (i32.const 3) (i64.const 27)) (i32.const 0))
(assert_return (invoke "collatz" (i32.const -1) (i64.const 27)) (i32.const 0))
(assert_return (invoke "joined" (i32.const 1) (i32.const 2)) (i32.const 7))
(assert_return (invoke "joined" (i32.const 0) (i32.const 2)) (i32.const 5))
(assert_return (invoke "joined" (i32.const 0) (i32.const 1)) (i32.const 7))
(assert_return (invoke "joined" (i32.const 0) (i32.const 77)) (i32.const 5))
(assert_return (invoke "nested" (i32.const 0)) (i32.const 124))
(assert_return (invoke "nested" (i32.const 1)) (i32.const 1234))
(assert_return (invoke "operands" (i32.const 0)) (i32.const 1016))
(assert_return (invoke "operands" (i32.const 1)) (i32.const 1006))
(assert_return (invoke "itself" (i32.const 0)) (i32.const 5))
(assert_return (invoke "itself" (i32.const 1)) (i32.const 0))
(assert_return (invoke "memory" (i32.const 0)) (i32.const 3))
(assert_return (invoke "memory" (i32.const 1)) (i32.const 9))
(assert_return (invoke "memory" (i32.const 3)) (i32.const 9))
(assert_trap (invoke "memory" (i32.const 2)) "out of bounds memory access")
(assert_return (invoke "memory" (i32.const 0)) (i32.const 30))
(assert_return (invoke "set_in_head" (i32.const 0) (i32.const 0)) (i32.const 101))
(assert_return (invoke "set_in_head" (i32.const 0) (i32.const 1)) (i32.const 100))
(assert_return (invoke "set_in_head" (i32.const 0) (i32.const 5)) (i32.const 0))
