;; Vectors at work: the Mandelbrot set four points at a time, a byte-wise reversal and upper-casing of text, sums of products
;; of 16-bit lanes, population counts, and minima of doubles.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 256) "Vectors move sixteen bytes at once, in any order at all, always.")
  (data (i32.const 512) " .:-=+*#%@")

  (func $write (param $at i32) (param $length i32)
    (i32.store8 (i32.add (local.get $at) (local.get $length)) (i32.const 10))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.add (local.get $length) (i32.const 1)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $print (param $number i64) (local $at i32)
    (local.set $at (i32.const 100))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (br_if $digit (i64.ne (local.tee $number (i64.div_u (local.get $number) (i64.const 10))) (i64.const 0))))
    (call $write (local.get $at) (i32.sub (i32.const 100) (local.get $at))))

  ;; Steps until each of four points escapes, 63 at most.
  (func $escape (param $cx v128) (param $cy v128) (result v128)
    (local $x v128) (local $y v128) (local $xx v128) (local $yy v128) (local $count v128) (local $inside v128) (local $i i32)
    (local.set $inside (v128.const i32x4 -1 -1 -1 -1))
    (loop $step
      (local.set $xx (f32x4.mul (local.get $x) (local.get $x)))
      (local.set $yy (f32x4.mul (local.get $y) (local.get $y)))
      (local.set $inside (v128.and (local.get $inside)
        (f32x4.le (f32x4.add (local.get $xx) (local.get $yy)) (v128.const f32x4 4 4 4 4))))
      (if (v128.any_true (local.get $inside)) (then
        (local.set $count (i32x4.sub (local.get $count) (local.get $inside)))
        (local.set $y (f32x4.add (f32x4.mul (f32x4.add (local.get $x) (local.get $x)) (local.get $y)) (local.get $cy)))
        (local.set $x (f32x4.add (f32x4.sub (local.get $xx) (local.get $yy)) (local.get $cx)))
        (br_if $step (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 63))))))
    (local.get $count))

  (func $mandelbrot (local $row i32) (local $column i32) (local $counts v128) (local $lane i32)
    (loop $rows
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $counts (call $escape
          (f32x4.add (f32x4.splat (f32.sub (f32.mul (f32.convert_i32_u (local.get $column)) (f32.const 0.046875)) (f32.const 2.25)))
            (v128.const f32x4 0 0.046875 0.09375 0.140625))
          (f32x4.splat (f32.sub (f32.mul (f32.convert_i32_u (local.get $row)) (f32.const 0.125)) (f32.const 1.25)))))
        ;; 63 steps are nine brightnesses.
        (v128.store (i32.const 1024) (i8x16.swizzle (v128.load (i32.const 512))
          (i8x16.shuffle 0 4 8 12 16 16 16 16 16 16 16 16 16 16 16 16
            (i32x4.shr_u (i32x4.mul (local.get $counts) (i32x4.splat (i32.const 9362))) (i32.const 16)) (v128.const i64x2 0 0))))
        (v128.store32_lane offset=2048 0 (local.get $column) (v128.load (i32.const 1024)))
        (br_if $columns (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 4))) (i32.const 64))))
      (call $write (i32.const 2048) (i32.const 64))
      (br_if $rows (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (i32.const 21)))))

  (func $text (local $i i32) (local $v v128) (local $small v128)
    (loop $block
      (local.set $v (v128.load offset=256 (local.get $i)))
      (local.set $small (v128.and (i8x16.ge_u (local.get $v) (i8x16.splat (i32.const 97))) (i8x16.le_u (local.get $v) (i8x16.splat (i32.const 122)))))
      (local.set $v (i8x16.sub (local.get $v) (v128.and (local.get $small) (i8x16.splat (i32.const 32)))))
      (v128.store (i32.sub (i32.const 2096) (local.get $i))
        (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get $v) (local.get $v)))
      (br_if $block (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 64))))
    (call $write (i32.const 2048) (i32.const 64)))

  (func $sums (local $i i32) (local $products v128) (local $bits v128) (local $v v128) (local $least v128)
    (local.set $v (v128.const i16x8 1 -2 300 -400 5000 -6000 70 -80))
    (local.set $least (v128.const f64x2 1000 -0.0))
    (loop $next
      (local.set $products (i32x4.add (local.get $products) (i32x4.dot_i16x8_s (local.get $v) (i16x8.splat (local.get $i)))))
      (local.set $bits (i16x8.add (local.get $bits) (i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt (local.get $v)))))
      (local.set $v (i16x8.add_sat_s (i16x8.mul (local.get $v) (i16x8.splat (i32.const 3))) (v128.const i16x8 1 2 3 4 5 6 7 8)))
      (local.set $least (f64x2.min (local.get $least) (f64x2.convert_low_i32x4_s (local.get $products))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (call $print (i64.extend_i32_u (i32x4.extract_lane 0 (local.get $products))))
    (call $print (i64.extend_i32_u (i32x4.extract_lane 3 (local.get $products))))
    (call $print (i64.extend_i32_u (i16x8.extract_lane_u 5 (local.get $bits))))
    (call $print (i64.extend_i32_u (i16x8.bitmask (local.get $v))))
    (call $print (i64.trunc_sat_f64_s (f64.neg (f64x2.extract_lane 0 (local.get $least)))))
    (call $print (i64.trunc_sat_f64_s (f64.neg (f64x2.extract_lane 1 (local.get $least))))))

  (func (export "_start")
    (call $mandelbrot)
    (call $text)
    (call $sums)))
