;; memory.copy against a loop over bytes: every length around the limits where the way of copying changes, every distance
;; between the blocks that matters, up and down.

(module
  (memory 4)

  ;; Fills `length` bytes from `at` with bytes that repeat nowhere soon.
  (func $scribble (param $at i32) (param $length i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
        (i32.store8 (i32.add (local.get $at) (local.get $i))
          (i32.shr_u (i32.mul (i32.add (local.get $i) (i32.const 1)) (i32.const 0x9e3779b1)) (i32.const 13)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; The same as memory.copy, a byte at a time.
  (func $copy (param $to i32) (param $from i32) (param $length i32)
    (local $i i32)
    (if (i32.le_u (local.get $to) (local.get $from))
      (then
        (block $done
          (loop $next
            (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
            (i32.store8 (i32.add (local.get $to) (local.get $i))
              (i32.load8_u (i32.add (local.get $from) (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next))))
      (else
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $length)))
            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
            (i32.store8 (i32.add (local.get $to) (local.get $length))
              (i32.load8_u (i32.add (local.get $from) (local.get $length))))
            (br $next))))))

  ;; Whether 8 KiB from 0x10000 and from 0x20000 are the same.
  (func $same (result i32)
    (local $i i32)
    (loop $next
      (if (i64.ne (i64.load offset=0x10000 (local.get $i)) (i64.load offset=0x20000 (local.get $i)))
        (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 0x2000))))
    (i32.const 1))

  ;; The first length from `first` to `last` for which both ways differ at this distance; -1 for none.
  (func (export "first_wrong") (param $first i32) (param $last i32) (param $distance i32) (result i32)
    (local $length i32)
    (local.set $length (local.get $first))
    (loop $next
      (call $scribble (i32.const 0x10000) (i32.const 0x2000))
      (call $scribble (i32.const 0x20000) (i32.const 0x2000))
      (memory.copy
        (i32.add (i32.const 0x10a03) (local.get $distance)) (i32.const 0x10a03) (local.get $length))
      (call $copy
        (i32.add (i32.const 0x20a03) (local.get $distance)) (i32.const 0x20a03) (local.get $length))
      (if (i32.eqz (call $same))
        (then (return (local.get $length))))
      (local.set $length (i32.add (local.get $length) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $length) (local.get $last))))
    (i32.const -1)))

(assert_return (invoke "first_wrong" (i32.const 0) (i32.const 140) (i32.const 1)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 0) (i32.const 140) (i32.const -1)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 0) (i32.const 140) (i32.const 16)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 0) (i32.const 140) (i32.const -17)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 0) (i32.const 140) (i32.const 63)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 0) (i32.const 140) (i32.const -64)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 0) (i32.const 140) (i32.const 1000)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 1020) (i32.const 1030) (i32.const 1000)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 1020) (i32.const 1030) (i32.const -1000)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 1020) (i32.const 1030) (i32.const 2000)) (i32.const -1))
(assert_return (invoke "first_wrong" (i32.const 1020) (i32.const 1030) (i32.const -2400)) (i32.const -1))
