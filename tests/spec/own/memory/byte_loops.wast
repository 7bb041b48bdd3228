;; Loops over bytes, which may take sixteen at a time. Each is compared with one that may not, because it counts its rounds
;; where others could see it: for all distances between what is read and written, around a border of pages, for lengths
;; around multiples of sixteen. A loop that walks out of the memory has done all rounds before the one that traps.
(module
  (memory (export "memory") 1 1)
  (global $round (export "round") (mut i32) (i32.const 0))
  (func $copy (param $to i32) (param $from i32) (param $left i32) (local $i i32)
    (loop $next
      (i32.store8 (i32.add (local.get $to) (local.get $i)) (i32.load8_u (i32.add (local.get $from) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $left)))))
  (func $walk (param $to i32) (param $from i32) (param $left i32) (local $i i32)
    (loop $next
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func $copy_until (param $to i32) (param $from i32) (param $left i32) (result i32) (local $i i32) (local $byte i32)
    (block $out
      (loop $next
        (br_if $out (i32.eq (local.tee $byte (i32.load8_u offset=1 (local.get $from))) (i32.const 77)))
        (i32.store8 offset=1 (local.get $to) (local.get $byte))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $left)))))
    (local.get $from))
  (func $fill (param $to i32) (param $value i32) (param $left i32) (local $i i32)
    (loop $next
      (i32.store8 offset=3 (i32.add (local.get $to) (local.get $i)) (local.get $value))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $left)))))
  (func $find (param $from i32) (param $byte i32) (param $left i32) (result i32) (local $i i32)
    (block $found
      (loop $next
        (br_if $found (i32.eq (i32.load8_u (local.get $from)) (local.get $byte)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $next (local.tee $left (i32.add (local.get $left) (i32.const -1)))))
      (return (i32.const -1)))
    (local.get $from))
  (func $skip (param $from i32) (param $byte i32) (param $left i32) (result i32) (local $i i32)
    (block $found
      (loop $next
        (br_if $found (i32.ne (i32.load8_u (local.get $from)) (i32.and (local.get $byte) (i32.const 255))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $next (i32.gt_u (local.tee $left (i32.sub (local.get $left) (i32.const 1))) (i32.const 0)))))
    (local.get $from))
  (func $copy_bytes (param $to i32) (param $from i32) (param $left i32) (local $i i32)
    (loop $next
      (global.set $round (local.get $i))
      (i32.store8 (i32.add (local.get $to) (local.get $i)) (i32.load8_u (i32.add (local.get $from) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $left)))))
  (func $walk_bytes (param $to i32) (param $from i32) (param $left i32) (local $i i32)
    (loop $next
      (global.set $round (local.get $i))
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func $copy_until_bytes (param $to i32) (param $from i32) (param $left i32) (result i32) (local $i i32) (local $byte i32)
    (block $out
      (loop $next
        (global.set $round (local.get $i))
        (br_if $out (i32.eq (local.tee $byte (i32.load8_u offset=1 (local.get $from))) (i32.const 77)))
        (i32.store8 offset=1 (local.get $to) (local.get $byte))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $left)))))
    (local.get $from))
  (func $fill_bytes (param $to i32) (param $value i32) (param $left i32) (local $i i32)
    (loop $next
      (global.set $round (local.get $i))
      (i32.store8 offset=3 (i32.add (local.get $to) (local.get $i)) (local.get $value))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $left)))))
  (func $find_bytes (param $from i32) (param $byte i32) (param $left i32) (result i32) (local $i i32)
    (block $found
      (loop $next
        (global.set $round (local.get $i))
        (br_if $found (i32.eq (i32.load8_u (local.get $from)) (local.get $byte)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $next (local.tee $left (i32.add (local.get $left) (i32.const -1)))))
      (return (i32.const -1)))
    (local.get $from))
  (func $skip_bytes (param $from i32) (param $byte i32) (param $left i32) (result i32) (local $i i32)
    (block $found
      (loop $next
        (global.set $round (local.get $i))
        (br_if $found (i32.ne (i32.load8_u (local.get $from)) (i32.and (local.get $byte) (i32.const 255))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $next (i32.gt_u (local.tee $left (i32.sub (local.get $left) (i32.const 1))) (i32.const 0)))))
    (local.get $from))
  ;; The first area is around 0x4000, the second one around 0x8000.
  (func $reset (local $i i32) (local $word i64)
    (loop $next
      (local.set $word (i64.mul (i64.extend_i32_u (i32.add (local.get $i) (i32.const 1))) (i64.const 0x9e3779b97f4a7c15)))
      (i64.store offset=0x3f00 (local.get $i) (local.get $word))
      (i64.store offset=0x7f00 (local.get $i) (local.get $word))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 640)))))
  (func $differ (result i32) (local $i i32)
    (loop $next
      (if (i64.ne (i64.load offset=0x3f00 (local.get $i)) (i64.load offset=0x7f00 (local.get $i))) (then (return (i32.const 1))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 640))))
    (i32.const 0))
  ;; One comparison; how many differ.
  (func $compare (param $which i32) (param $to i32) (param $distance i32) (param $left i32) (result i32)
    (local $from i32) (local $slow i32) (local $differ i32)
    (call $reset)
    (local.set $from (i32.sub (local.get $to) (local.get $distance)))
    (local.set $slow (i32.add (local.get $from) (i32.const 0x4000)))
    (block $done
      (block $skip (block $find (block $fill (block $copy_until (block $walk (block $copy
        (br_table $copy $walk $copy_until $fill $find $skip (local.get $which)))
        (call $copy (local.get $to) (local.get $from) (local.get $left))
        (call $copy_bytes (i32.add (local.get $to) (i32.const 0x4000)) (local.get $slow) (local.get $left))
        (br $done))
        (call $walk (local.get $to) (local.get $from) (local.get $left))
        (call $walk_bytes (i32.add (local.get $to) (i32.const 0x4000)) (local.get $slow) (local.get $left))
        (br $done))
        (local.set $differ (i32.ne
          (i32.add (call $copy_until (local.get $to) (local.get $from) (local.get $left)) (i32.const 0x4000))
          (call $copy_until_bytes (i32.add (local.get $to) (i32.const 0x4000)) (local.get $slow) (local.get $left))))
        (br $done))
        (call $fill (local.get $to) (local.get $distance) (local.get $left))
        (call $fill_bytes (i32.add (local.get $to) (i32.const 0x4000)) (local.get $distance) (local.get $left))
        (br $done))
        ;; A byte that is there, or further away than the loop looks; and sometimes one that no byte is.
        (local.set $from (i32.load8_u (i32.add (local.get $to) (i32.mul (i32.add (local.get $distance) (i32.const 40)) (i32.const 2)))))
        (if (i32.eq (local.get $distance) (i32.const 40)) (then (local.set $from (i32.add (local.get $from) (i32.const 256)))))
        (local.set $slow (call $find_bytes (i32.add (local.get $to) (i32.const 0x4000)) (local.get $from) (local.get $left)))
        (if (i32.ne (local.get $slow) (i32.const -1)) (then (local.set $slow (i32.sub (local.get $slow) (i32.const 0x4000)))))
        (local.set $differ (i32.ne (call $find (local.get $to) (local.get $from) (local.get $left)) (local.get $slow)))
        (br $done))
      ;; A run of one byte, which ends somewhere.
      (call $fill_bytes (local.get $to) (i32.const 200) (i32.add (local.get $distance) (i32.const 60)))
      (call $fill_bytes (i32.add (local.get $to) (i32.const 0x4000)) (i32.const 200) (i32.add (local.get $distance) (i32.const 60)))
      (local.set $differ (i32.ne
        (i32.add (call $skip (i32.add (local.get $to) (i32.const 3)) (i32.const 456) (local.get $left)) (i32.const 0x4000))
        (call $skip_bytes (i32.add (local.get $to) (i32.const 0x4003)) (i32.const 456) (local.get $left)))))
    (i32.or (local.get $differ) (call $differ)))
  (func (export "differ") (param $which i32) (result i32)
    (local $to i32) (local $distance i32) (local $left i32) (local $sum i32)
    (local.set $to (i32.const 0x3f80))
    (loop $places
      (local.set $distance (i32.const -40))
      (loop $distances
        (local.set $left (i32.const 1))
        (loop $lengths
          (local.set $sum (i32.add (local.get $sum)
            (call $compare (local.get $which) (local.get $to) (local.get $distance) (local.get $left))))
          (br_if $lengths (i32.lt_u (local.tee $left (i32.add (local.get $left) (i32.const 15))) (i32.const 130))))
        (br_if $distances (i32.le_s (local.tee $distance (i32.add (local.get $distance) (i32.const 1))) (i32.const 40))))
      (br_if $places (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 11))) (i32.const 0x4010))))
    (local.get $sum))
  (func (export "copy") (param i32 i32 i32) (call $copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "walk") (param i32 i32 i32) (call $walk (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32) (call $fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "find") (param i32 i32 i32) (result i32) (call $find (local.get 0) (local.get 1) (local.get 2)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "clear") (param i32 i32) (memory.fill (local.get 0) (i32.const 0) (local.get 1)))
  (data (i32.const 0) "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_0123456789abcdefghijklmnopqrstuvwxyz")
  (data (i32.const 65516) "0123456789abcdefghij"))

(assert_return (invoke "differ" (i32.const 0)) (i32.const 0))
(assert_return (invoke "differ" (i32.const 1)) (i32.const 0))
(assert_return (invoke "differ" (i32.const 2)) (i32.const 0))
(assert_return (invoke "differ" (i32.const 3)) (i32.const 0))
(assert_return (invoke "differ" (i32.const 4)) (i32.const 0))
(assert_return (invoke "differ" (i32.const 5)) (i32.const 0))

;; Reading beyond the end: what was read is written.
(assert_trap (invoke "copy" (i32.const 1024) (i32.const 65516) (i32.const 100)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 1043)) (i32.const 106))
(assert_return (invoke "byte" (i32.const 1044)) (i32.const 0))
(assert_trap (invoke "walk" (i32.const 2048) (i32.const 65516) (i32.const 100)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 2067)) (i32.const 106))
(assert_return (invoke "byte" (i32.const 2068)) (i32.const 0))

;; Writing beyond the end: all bytes up to it are written.
(assert_trap (invoke "copy" (i32.const 65500) (i32.const 0) (i32.const 64)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 65500)) (i32.const 48))
(assert_return (invoke "byte" (i32.const 65535)) (i32.const 122))
(assert_trap (invoke "walk" (i32.const 65530) (i32.const 3) (i32.const 64)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 65530)) (i32.const 51))
(assert_return (invoke "byte" (i32.const 65535)) (i32.const 56))
(assert_trap (invoke "fill" (i32.const 65470) (i32.const 7) (i32.const 64)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 65473)) (i32.const 7))
(assert_return (invoke "byte" (i32.const 65535)) (i32.const 7))

;; Below zero is beyond the end, and nothing is reached behind it.
(invoke "clear" (i32.const 0) (i32.const 64))
(assert_trap (invoke "copy" (i32.const -8) (i32.const 1024) (i32.const 64)) "out of bounds memory access")
(assert_trap (invoke "walk" (i32.const 0) (i32.const -8) (i32.const 64)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const -19) (i32.const 9) (i32.const 64)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const -3) (i32.const 9) (i32.const 64)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 0)) (i32.const 0))
(assert_return (invoke "byte" (i32.const 8)) (i32.const 0))

;; What is found before the end is found; what is not ends there.
(assert_return (invoke "find" (i32.const 65436) (i32.const 7) (i32.const 100000)) (i32.const 65473))
(assert_trap (invoke "find" (i32.const 65436) (i32.const 201) (i32.const 100000)) "out of bounds memory access")
(assert_return (invoke "find" (i32.const 65436) (i32.const 201) (i32.const 100)) (i32.const -1))
(assert_return (invoke "find" (i32.const 65436) (i32.const 7) (i32.const 37)) (i32.const -1))
(assert_return (invoke "find" (i32.const 65436) (i32.const 7) (i32.const 38)) (i32.const 65473))
