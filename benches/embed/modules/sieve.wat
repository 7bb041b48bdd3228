;; A kernel of short loops over memory: primes below a million, so many times.
(module
  (memory 16)
  (func (export "run") (param $rounds i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    (loop $round
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000000))
      (local.set $count (i32.const 0))
      (local.set $i (i32.const 2))
      (loop $next
        (if (i32.load8_u (local.get $i))
          (then
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $j (i32.mul (local.get $i) (local.get $i)))
            (if (i32.lt_u (local.get $i) (i32.const 1000))
              (then
                (loop $mark
                  (i32.store8 (local.get $j) (i32.const 0))
                  (local.set $j (i32.add (local.get $j) (local.get $i)))
                  (br_if $mark (i32.lt_u (local.get $j) (i32.const 1000000))))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 1000000))))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $round (local.get $rounds)))
    (local.get $count))
)
