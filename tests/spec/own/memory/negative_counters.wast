;; Pointers and counters that go up from a negative number: sums that always wrap, that sometimes do, and that end outside of the
;; memory.

(module
  (memory 1 1)
  (data (i32.const 65528) "\05\00\00\00\07\00\00\00")
  (data (i32.const 0) "\01\00\00\00\02\00\00\00\03\00\00\00\04\00\00\00")

  ;; The pointer is a constant to the compiler, and so is where the counter begins and ends.
  (func (export "always") (result i32) (local $pointer i32) (local $counter i32) (local $sum i32)
    (local.set $pointer (i32.const 65536))
    (local.set $counter (i32.const -65536))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.add (local.get $pointer) (local.get $counter)))))
      (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
    (local.get $sum))

  ;; The first sums are below zero, where there is no memory.
  (func (export "first_below") (result i32) (local $pointer i32) (local $counter i32) (local $sum i32)
    (local.set $pointer (i32.const 12))
    (local.set $counter (i32.const -16))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.add (local.get $pointer) (local.get $counter)))))
      (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
    (local.get $sum))

  ;; Some wrap and some do not, and a constant brings all of them back.
  (func (export "brought_back") (result i32) (local $pointer i32) (local $counter i32) (local $sum i32)
    (local.set $pointer (i32.const 8))
    (local.set $counter (i32.const -16))
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (i32.load (i32.add (i32.add (local.get $pointer) (local.get $counter)) (i32.const 8)))))
      (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
    (local.get $sum))

  ;; Two counters, of which the second one's sum never wraps, in loops in each other.
  (func (export "nested") (result i32) (local $row i32) (local $counter i32) (local $sum i32)
    (local.set $row (i32.const 16))
    (loop $rows
      (local.set $counter (i32.const -16))
      (loop $next
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3))
          (i32.load (i32.add (local.get $row) (local.get $counter)))))
        (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
      (br_if $rows (i32.ne (local.tee $row (i32.add (local.get $row) (i32.const 4))) (i32.const 24))))
    (local.get $sum))

  ;; The last load is half outside.
  (func (export "last_outside") (result i32) (local $pointer i32) (local $counter i32) (local $sum i32)
    (local.set $pointer (i32.const 65534))
    (local.set $counter (i32.const -64))
    (loop $next
      (local.set $sum (i32.add (local.get $sum)
        (i32.load offset=4 (i32.add (local.get $pointer) (local.get $counter)))))
      (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
    (local.get $sum))

  ;; The counter passes zero, which ends only a loop that meets it.
  (func (export "never_zero") (result i32) (local $pointer i32) (local $counter i32)
    (local.set $pointer (i32.const 65532))
    (local.set $counter (i32.const -6))
    (loop $next
      (drop (i32.load (i32.add (local.get $pointer) (local.get $counter))))
      (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
    (i32.const 0)))

(assert_return (invoke "always") (i32.const 22))
(assert_trap (invoke "first_below") "out of bounds memory access")
(assert_return (invoke "brought_back") (i32.const 10))
(assert_return (invoke "nested") (i32.const 4791))
(assert_trap (invoke "last_outside") "out of bounds memory access")
(assert_trap (invoke "never_zero") "out of bounds memory access")
