;; Three memories: text moves from one through another into the one that WASI sees; each grows and keeps to its own bounds.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (memory $wasi 1)
  (memory $text 1 4)
  (memory $scratch 0 3)
  (export "memory" (memory $wasi))
  (data (memory $text) (i32.const 65500) "from one memory\n")
  (data $late "a passive segment\n")

  (func $check (param $actual i32) (param $expected i32) (param $status i32)
    (if (i32.ne (local.get $actual) (local.get $expected)) (then (call $proc_exit (local.get $status)))))

  (func $print (param $at i32) (param $length i32)
    (i32.store $wasi (i32.const 0) (local.get $at))
    (i32.store $wasi (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func (export "_start") (local $i i32)
    (call $check (memory.size $scratch) (i32.const 0) (i32.const 10))
    (call $check (memory.grow $scratch (i32.const 2)) (i32.const 0) (i32.const 11))
    (call $check (memory.grow $scratch (i32.const 2)) (i32.const -1) (i32.const 12))
    (call $check (memory.grow $text (i32.const 3)) (i32.const 1) (i32.const 13))
    (call $check (memory.size $wasi) (i32.const 1) (i32.const 14))

    (memory.copy $scratch $text (i32.const 131056) (i32.const 65500) (i32.const 16))
    (memory.copy $wasi $scratch (i32.const 1000) (i32.const 131056) (i32.const 16))
    (call $print (i32.const 1000) (i32.const 16))

    (memory.init $scratch $late (i32.const 65530) (i32.const 0) (i32.const 18))
    (memory.copy $wasi $scratch (i32.const 2000) (i32.const 65530) (i32.const 18))
    (call $print (i32.const 2000) (i32.const 18))

    ;; The same address holds different bytes everywhere.
    (memory.fill $scratch (i32.const 0) (i32.const 0x61) (i32.const 26))
    (memory.fill $text (i32.const 0) (i32.const 0x41) (i32.const 26))
    (loop $letter
      (i32.store8 $wasi offset=3000 (local.get $i)
        (i32.add (local.get $i)
          (select (i32.load8_u $text (local.get $i)) (i32.load8_u $scratch (local.get $i))
            (i32.and (local.get $i) (i32.const 1)))))
      (br_if $letter (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 26))))
    (i32.store8 $wasi (i32.const 3026) (i32.const 10))
    (call $print (i32.const 3000) (i32.const 27))

    ;; With an argument: the first byte behind the grown memory of two pages.
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (if (i32.gt_u (i32.load $wasi (i32.const 16)) (i32.const 1)) (then
      (drop (i32.load8_u $text (i32.const 262143)))
      (drop (i32.load8_u $scratch (i32.const 131072)))))))
