;; Selecting by a comparison. Its lanes are whole, so backends may blend; the lanes of what is selected may be others, the
;; mask may come through locals, joins, negation and reinterpretation, and may not be a comparison's after all.
(module
  (func (export "i8 mask") (param v128 v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (i8x16.lt_s (local.get 2) (local.get 3))))
  (func (export "i64 mask") (param v128 v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (i64x2.gt_s (local.get 2) (local.get 3))))
  (func (export "f64 mask of i16 lanes") (param v128 v128 v128 v128) (result v128)
    (v128.bitselect
      (i16x8.add (local.get 0) (local.get 0)) (i16x8.sub (local.get 1) (local.get 0))
      (f64x2.le (local.get 2) (local.get 3))))
  (func (export "through a local") (param v128 v128 v128 v128) (result v128)
    (local $mask v128)
    (local.set $mask (i32x4.gt_u (local.get 2) (local.get 3)))
    (v128.or
      (v128.bitselect (local.get 0) (local.get 1) (local.get $mask))
      (v128.bitselect (local.get 1) (local.get 0) (local.get $mask))))
  (func (export "through a join") (param v128 v128 v128 i32) (result v128)
    (v128.bitselect (local.get 0) (local.get 1)
      (if (result v128) (local.get 3)
        (then (i32x4.eq (local.get 0) (local.get 2)))
        (else (local.get 2)))))
  (func (export "negated") (param v128 v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (v128.not (i16x8.eq (local.get 2) (local.get 3)))))
  (func (export "two masks") (param v128 v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1)
      (v128.and (i32x4.ge_s (local.get 2) (local.get 3)) (f32x4.ne (local.get 2) (local.get 2)))))
  (func (export "mask as value") (param v128 v128 v128) (result v128)
    (v128.bitselect (i8x16.eq (local.get 0) (local.get 1)) (i32x4.eq (local.get 0) (local.get 1))
      (i64x2.eq (local.get 0) (local.get 2))))
  (func (export "partial mask") (param v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (i16x8.shr_u (i16x8.eq (local.get 2) (local.get 2)) (i32.const 4))))
  (func (export "lanes of another width") (param v128 v128 v128 v128) (result v128)
    (i8x16.sub (i32x4.mul (local.get 0) (local.get 1)) (i64x2.add (f32x4.lt (local.get 2) (local.get 3)) (local.get 0))))
)

(assert_return (invoke "i8 mask"
    (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1) (v128.const i8x16 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2)
    (v128.const i8x16 -128 127 0 -1 5 5 5 5 0 0 0 0 0 0 0 0) (v128.const i8x16 127 -128 0 0 4 5 6 7 1 0 1 0 1 0 1 0))
  (v128.const i8x16 1 2 2 1 2 2 1 1 1 2 1 2 1 2 1 2))
(assert_return (invoke "i64 mask"
    (v128.const i64x2 10 11) (v128.const i64x2 20 21)
    (v128.const i64x2 0x7fffffffffffffff -1) (v128.const i64x2 0x8000000000000000 0))
  (v128.const i64x2 10 21))
(assert_return (invoke "f64 mask of i16 lanes"
    (v128.const i16x8 1 2 3 4 5 6 7 8) (v128.const i16x8 10 20 30 40 50 60 70 80)
    (v128.const f64x2 1 nan) (v128.const f64x2 1 1))
  (v128.const i16x8 2 4 6 8 45 54 63 72))
(assert_return (invoke "through a local"
    (v128.const i32x4 1 2 4 8) (v128.const i32x4 16 32 64 128)
    (v128.const i32x4 -1 0 5 5) (v128.const i32x4 0 -1 5 4))
  (v128.const i32x4 17 34 68 136))
(assert_return (invoke "through a join"
    (v128.const i32x4 1 2 3 4) (v128.const i32x4 5 6 7 8) (v128.const i32x4 1 0 3 0) (i32.const 1))
  (v128.const i32x4 1 6 3 8))
(assert_return (invoke "through a join"
    (v128.const i32x4 -1 -1 -1 -1) (v128.const i32x4 0 0 0 0) (v128.const i32x4 0x0f 0x1 0x80000000 0) (i32.const 0))
  (v128.const i32x4 0x0f 0x1 0x80000000 0))
(assert_return (invoke "negated"
    (v128.const i16x8 1 1 1 1 1 1 1 1) (v128.const i16x8 2 2 2 2 2 2 2 2)
    (v128.const i16x8 0 1 2 3 4 5 6 7) (v128.const i16x8 0 0 2 0 4 0 6 0))
  (v128.const i16x8 2 1 2 1 2 1 2 1))
(assert_return (invoke "two masks"
    (v128.const i32x4 1 1 1 1) (v128.const i32x4 2 2 2 2)
    (v128.const i32x4 0x7fc00000 0x7fc00000 1 0xffc00000) (v128.const i32x4 0 0x7fffffff 0 0))
  (v128.const i32x4 1 2 2 2))
(assert_return (invoke "mask as value"
    (v128.const i8x16 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8) (v128.const i8x16 1 0 3 4 5 6 7 8 1 2 3 4 0 6 7 8)
    (v128.const i8x16 1 2 3 4 5 6 7 8 0 0 0 0 0 0 0 0))
  (v128.const i8x16 -1 0 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 0 0 0 0))
(assert_return (invoke "partial mask"
    (v128.const i16x8 -1 -1 -1 -1 -1 -1 -1 -1) (v128.const i16x8 0 0 0 0 0 0 0 0) (v128.const i16x8 0 1 2 3 4 5 6 7))
  (v128.const i16x8 0x0fff 0x0fff 0x0fff 0x0fff 0x0fff 0x0fff 0x0fff 0x0fff))
(assert_return (invoke "lanes of another width"
    (v128.const i32x4 2 3 4 5) (v128.const i32x4 10 10 10 10) (v128.const f32x4 0 1 nan -1) (v128.const f32x4 1 0 0 0))
  (v128.const i32x4 19 26 36 46))
