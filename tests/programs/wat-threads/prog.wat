;; Threads as wasi-threads starts them: eight count under a lock built from wait and notify, then by an atomic addition, then
;; hand a token around a ring. The first thread waits for all of them.
(module
  (import "wasi" "thread-spawn" (func $thread_spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "env" "memory" (memory 2 4 shared))
  (export "memory" (memory 0))
  ;; 0: vector; 64: lock; 68: count under the lock; 72: atomic count; 76: threads that ended; 80: token; 84: steps of the ring.
  (global $threads i32 (i32.const 8))
  ;; Each thread has its own.
  (global $mine (mut i32) (i32.const 0))

  (func $print (param $number i32)
    (local $at i32)
    (local.set $at (i32.const 49))
    (i32.store8 (i32.const 49) (i32.const 10))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (br_if $digit (local.tee $number (i32.div_u (local.get $number) (i32.const 10)))))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.sub (i32.const 50) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  ;; 0 free, 1 taken, 2 taken and somebody waits.
  (func $lock
    (if (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 64) (i32.const 0) (i32.const 1))) (then (return)))
    (loop $again
      (if (i32.atomic.rmw.xchg (i32.const 64) (i32.const 2)) (then
        (drop (memory.atomic.wait32 (i32.const 64) (i32.const 2) (i64.const -1)))
        (br $again)))))
  (func $unlock
    (if (i32.eq (i32.atomic.rmw.xchg (i32.const 64) (i32.const 0)) (i32.const 2)) (then
      (drop (memory.atomic.notify (i32.const 64) (i32.const 1))))))

  (func $ring (param $me i32) (local $seen i32)
    (loop $turn
      (local.set $seen (i32.atomic.load (i32.const 80)))
      (if (i32.ge_u (local.get $seen) (i32.const 400)) (then (return)))
      (if (i32.eq (i32.rem_u (local.get $seen) (global.get $threads)) (local.get $me))
        (then
          (i32.store (i32.const 84) (i32.add (i32.load (i32.const 84)) (local.get $me)))
          (i32.atomic.store (i32.const 80) (i32.add (local.get $seen) (i32.const 1)))
          (drop (memory.atomic.notify (i32.const 80) (i32.const -1))))
        (else (drop (memory.atomic.wait32 (i32.const 80) (local.get $seen) (i64.const -1)))))
      (br $turn)))

  (func (export "wasi_thread_start") (param $id i32) (param $me i32) (local $i i32)
    (if (i32.le_s (local.get $id) (i32.const 0)) (then (unreachable)))
    (loop $count
      (call $lock)
      (i32.store (i32.const 68) (i32.add (i32.load (i32.const 68)) (i32.const 1)))
      (call $unlock)
      (drop (i32.atomic.rmw.add (i32.const 72) (i32.const 3)))
      (global.set $mine (i32.add (global.get $mine) (i32.const 1)))
      (br_if $count (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    ;; A global of another thread would have been counted up as well.
    (if (i32.ne (global.get $mine) (i32.const 1000)) (then (unreachable)))
    (call $ring (local.get $me))
    (drop (i32.atomic.rmw.add (i32.const 76) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 76) (i32.const 1))))

  (func (export "_start") (local $i i32) (local $ended i32)
    (loop $spawn
      (if (i32.le_s (call $thread_spawn (local.get $i)) (i32.const 0)) (then (call $proc_exit (i32.const 7))))
      (br_if $spawn (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (global.get $threads))))
    (loop $wait
      (local.set $ended (i32.atomic.load (i32.const 76)))
      (if (i32.lt_u (local.get $ended) (global.get $threads)) (then
        (drop (memory.atomic.wait32 (i32.const 76) (local.get $ended) (i64.const -1)))
        (br $wait))))
    (call $print (i32.load (i32.const 68)))
    (call $print (i32.atomic.load (i32.const 72)))
    (call $print (i32.load (i32.const 84)))
    ;; Nobody notifies: the wait ends by its timeout, 2; and a value that differs is 1.
    (call $print (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const 1000000)))
    (call $print (memory.atomic.wait32 (i32.const 64) (i32.const 5) (i64.const -1)))
    ;; Ends the process although another thread still runs.
    (drop (call $thread_spawn (i32.const 9)))
    (call $proc_exit (i32.const 4))))
