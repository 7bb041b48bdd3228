;; Ten million calls in tail position on a small stack: direct, indirect, with more and with fewer arguments than the caller,
;; and with several results.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (type $state (func (param i32 i64) (result i64)))
  (table funcref (elem $red $green $blue $stop))

  (func $print (param $number i64)
    (local $at i32)
    (local.set $at (i32.const 99))
    (i32.store8 (i32.const 99) (i32.const 10))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (br_if $digit (i64.ne (local.tee $number (i64.div_u (local.get $number) (i64.const 10))) (i64.const 0))))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.sub (i32.const 100) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  ;; Direct, to itself: a loop.
  (func $sum (param $n i64) (param $total i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $total))))
    (return_call $sum (i64.sub (local.get $n) (i64.const 1)) (i64.add (local.get $total) (local.get $n))))

  ;; Mutual, with arguments that do not fit registers on one side.
  (func $few (param $n i64) (param $x i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $x))))
    (return_call $many (i64.sub (local.get $n) (i64.const 1)) (local.get $x) (i64.const 1) (i64.const 2) (i64.const 3)
      (i64.const 4) (i64.const 5) (i64.const 6) (f64.const 0.5) (i64.const 8) (i64.const 9) (i64.const 10)))
  (func $many (param $n i64) (param $x i64) (param $a i64) (param $b i64) (param $c i64) (param $d i64) (param $e i64)
      (param $f i64) (param $g f64) (param $h i64) (param $i i64) (param $j i64) (result i64)
    (if (i64.eqz (local.get $n)) (then (return (local.get $j))))
    (return_call $few (i64.sub (local.get $n) (i64.const 1))
      (i64.add (local.get $x)
        (i64.add (i64.sub (local.get $j) (local.get $a)) (i64.add (local.get $i)
          (i64.trunc_sat_f64_u (f64.add (local.get $g) (f64.convert_i64_u (local.get $f)))))))))

  ;; A machine whose states are entries of a table.
  (func $red (type $state)
    (return_call_indirect (type $state) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))
      (select (i32.const 1) (i32.const 3) (local.get 0))))
  (func $green (type $state)
    (return_call_indirect (type $state) (i32.sub (local.get 0) (i32.const 1)) (i64.mul (local.get 1) (i64.const 3))
      (select (i32.const 2) (i32.const 3) (local.get 0))))
  (func $blue (type $state)
    (return_call_indirect (type $state) (i32.sub (local.get 0) (i32.const 1)) (i64.rem_u (local.get 1) (i64.const 1000003))
      (select (i32.const 0) (i32.const 3) (local.get 0))))
  (func $stop (type $state) (local.get 1))

  ;; Several results through a tail call.
  (func $swap (param $n i32) (param $a i64) (param $b i64) (result i64 i64)
    (if (i32.eqz (local.get $n)) (then (return (local.get $a) (local.get $b))))
    (return_call $swap (i32.sub (local.get $n) (i32.const 1)) (local.get $b) (i64.add (local.get $a) (local.get $b))))

  (func (export "_start")
    (call $print (call $sum (i64.const 10000000) (i64.const 0)))
    (call $print (call $few (i64.const 3000000) (i64.const 0)))
    (call $print (call $red (i32.const 3000000) (i64.const 7)))
    (call $swap (i32.const 90) (i64.const 0) (i64.const 1))
    (call $print) (call $print)))
