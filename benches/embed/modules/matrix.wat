;; A kernel of floats: products of matrices of 128 by 128, so many times.
(module
  (memory 8)
  (func (export "run") (param $rounds i32) (result i32)
    (local $i i32) (local $j i32) (local $k i32) (local $sum f64)
    (loop $fill
      (f64.store (i32.shl (local.get $i) (i32.const 3)) (f64.convert_i32_u (i32.and (local.get $i) (i32.const 7))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $fill (i32.lt_u (local.get $i) (i32.const 32768))))
    (loop $round
      (local.set $i (i32.const 0))
      (loop $row
        (local.set $j (i32.const 0))
        (loop $column
          (local.set $sum (f64.const 0))
          (local.set $k (i32.const 0))
          (loop $product
            (local.set $sum (f64.add (local.get $sum)
              (f64.mul (f64.load (i32.shl (i32.add (i32.shl (local.get $i) (i32.const 7)) (local.get $k)) (i32.const 3)))
                       (f64.load offset=131072 (i32.shl (i32.add (i32.shl (local.get $k) (i32.const 7)) (local.get $j)) (i32.const 3))))))
            (local.set $k (i32.add (local.get $k) (i32.const 1)))
            (br_if $product (i32.lt_u (local.get $k) (i32.const 128))))
          (f64.store offset=262144 (i32.shl (i32.add (i32.shl (local.get $i) (i32.const 7)) (local.get $j)) (i32.const 3)) (local.get $sum))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br_if $column (i32.lt_u (local.get $j) (i32.const 128))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $row (i32.lt_u (local.get $i) (i32.const 128))))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $round (local.get $rounds)))
    (i32.trunc_sat_f64_s (local.get $sum)))
)
