;; A memory with 64-bit addresses beside the one for WASI: a hash table in it, growth, and addresses beyond 4 GiB, which trap.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (memory $wasi 1)
  (memory $large i64 1 1024)
  (export "memory" (memory $wasi))
  (data (memory $large) (i64.const 40) "sixty-four")

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

  ;; Counts keys in an open table of 2^18 slots of 16 bytes from 64 KiB on.
  (func $insert (param $key i64) (local $slot i64)
    (local.set $slot (i64.and (i64.shr_u (i64.mul (local.get $key) (i64.const 0x9e3779b97f4a7c15)) (i64.const 40)) (i64.const 0x3ffff)))
    (loop $probe
      (if (i64.eqz (i64.load $large offset=65544 (i64.shl (local.get $slot) (i64.const 4)))) (then
        (i64.store $large offset=65536 (i64.shl (local.get $slot) (i64.const 4)) (local.get $key))))
      (if (i64.ne (i64.load $large offset=65536 (i64.shl (local.get $slot) (i64.const 4))) (local.get $key)) (then
        (local.set $slot (i64.and (i64.add (local.get $slot) (i64.const 1)) (i64.const 0x3ffff)))
        (br $probe))))
    (i64.store $large offset=65544 (i64.shl (local.get $slot) (i64.const 4))
      (i64.add (i64.const 1) (i64.load $large offset=65544 (i64.shl (local.get $slot) (i64.const 4))))))

  (func (export "_start")
    (local $i i64) (local $state i64) (local $used i64) (local $most i64) (local $count i64)
    (call $print (memory.size $large))
    (call $print (memory.grow $large (i64.const 64)))
    ;; More than the maximum, and more than 32 bits of pages.
    (call $print (i64.sub (i64.const 0) (memory.grow $large (i64.const 1000))))
    (call $print (i64.sub (i64.const 0) (memory.grow $large (i64.const 0x100000001))))
    (call $print (i64.load8_u $large (i64.const 49)))
    (local.set $state (i64.const 1))
    (loop $next
      (local.set $state (i64.add (i64.mul (local.get $state) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
      (call $insert (i64.add (i64.const 1) (i64.and (i64.shr_u (local.get $state) (i64.const 33)) (i64.const 0xffff))))
      (br_if $next (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 200000))))
    (local.set $i (i64.const 0))
    (loop $slot
      (local.set $count (i64.load $large offset=65544 (i64.shl (local.get $i) (i64.const 4))))
      (local.set $used (i64.add (local.get $used) (i64.extend_i32_u (i64.ne (local.get $count) (i64.const 0)))))
      (local.set $most (select (local.get $count) (local.get $most) (i64.gt_u (local.get $count) (local.get $most))))
      (br_if $slot (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 0x40000))))
    (call $print (local.get $used))
    (call $print (local.get $most))
    (memory.copy $large $large (i64.const 4000000) (i64.const 40) (i64.const 10))
    (memory.copy $wasi $large (i32.const 200) (i64.const 4000000) (i32.const 10))
    (i32.store8 (i32.const 210) (i32.const 10))
    (i32.store (i32.const 0) (i32.const 200))
    (i32.store (i32.const 4) (i32.const 11))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))

    ;; With one argument: 4 GiB above an address that exists. With two: an offset that wraps around.
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (if (i32.eq (i32.load (i32.const 16)) (i32.const 2)) (then
      (call $print (i64.load $large (i64.const 0x100000028)))))
    (if (i32.eq (i32.load (i32.const 16)) (i32.const 3)) (then
      (call $print (i64.load $large offset=0xffffffffffffffff (i64.const 41)))))))
