;; Threads that share a memory: messages, counters, and waiting for each other.
(module $memory (memory (export "shared") 1 1 shared))
(register "memory" $memory)

(thread $producer (shared (module $memory))
  (register "memory" $memory)
  (module
    (import "memory" "shared" (memory 1 1 shared))
    (func (export "run") (param $rounds i32) (local $i i32)
      (loop $again
        ;; The message, then the flag that says it is there.
        (i32.store (i32.const 0) (i32.mul (local.get $i) (i32.const 7)))
        (i32.atomic.store (i32.const 4) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))
        ;; Until the other side has taken it.
        (loop $wait
          (drop (memory.atomic.wait32 (i32.const 4) (i32.const 1) (i64.const 1000000)))
          (br_if $wait (i32.atomic.load (i32.const 4))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $rounds))))))
  (invoke "run" (i32.const 200)))

(thread $consumer (shared (module $memory))
  (register "memory" $memory)
  (module
    (import "memory" "shared" (memory 1 1 shared))
    (func (export "run") (param $rounds i32) (result i32) (local $i i32) (local $sum i32)
      (loop $again
        (loop $wait
          (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1000000)))
          (br_if $wait (i32.eqz (i32.atomic.load (i32.const 4)))))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 0))))
        (i32.atomic.store (i32.const 4) (i32.const 0))
        (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $rounds))))
      (local.get $sum)))
  ;; 7 * (0 + 1 + … + 199)
  (assert_return (invoke "run" (i32.const 200)) (i32.const 139300)))

(wait $producer)
(wait $consumer)

;; Two threads count in the same cells: no increment is lost, whatever its width.
(thread $a (shared (module $memory))
  (register "memory" $memory)
  (module
    (import "memory" "shared" (memory 1 1 shared))
    (func (export "count") (param $rounds i32) (local $i i32)
      (loop $again
        (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))
        (drop (i64.atomic.rmw.add (i32.const 24) (i64.const 0x1_0000_0001)))
        (drop (i32.atomic.rmw8.add_u (i32.const 33) (i32.const 1)))
        (drop (i32.atomic.rmw16.sub_u (i32.const 36) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $rounds))))))
  (invoke "count" (i32.const 20000)))
(thread $b (shared (module $memory))
  (register "memory" $memory)
  (module
    (import "memory" "shared" (memory 1 1 shared))
    (func (export "count") (param $rounds i32) (local $i i32) (local $old i32)
      (loop $again
        ;; The same as an addition, by compare and exchange.
        (loop $retry
          (local.set $old (i32.atomic.load (i32.const 16)))
          (br_if $retry
            (i32.ne (local.get $old)
              (i32.atomic.rmw.cmpxchg (i32.const 16) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
        (drop (i64.atomic.rmw.add (i32.const 24) (i64.const 0x1_0000_0001)))
        (drop (i32.atomic.rmw8.add_u (i32.const 33) (i32.const 1)))
        (drop (i32.atomic.rmw16.sub_u (i32.const 36) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $rounds))))))
  (invoke "count" (i32.const 20000)))
(wait $a)
(wait $b)

(module
  (import "memory" "shared" (memory 1 1 shared))
  (func (export "i32") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "i64") (param i32) (result i64) (i64.load (local.get 0))))
(assert_return (invoke "i32" (i32.const 16)) (i32.const 40000))
(assert_return (invoke "i64" (i32.const 24)) (i64.const 0x9c40_0000_9c40))
;; 40,000 in eight bits, between neighbours that nobody touched; -40,000 in sixteen.
(assert_return (invoke "i32" (i32.const 32)) (i32.const 0x4000))
(assert_return (invoke "i32" (i32.const 36)) (i32.const 0x63c0))
;; A trap on a thread is a result like any other.
(thread $trapping (shared (module $memory))
  (register "memory" $memory)
  (module
    (import "memory" "shared" (memory 1 1 shared))
    (func (export "beyond") (drop (i32.atomic.load (i32.const 0x10000))))
    (func (export "unaligned") (drop (i32.atomic.load (i32.const 2))))
    (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1))))
  (assert_trap (invoke "beyond") "out of bounds memory access")
  (assert_trap (invoke "unaligned") "unaligned atomic")
  (assert_exhaustion (invoke "deep") "call stack exhausted")
  (assert_trap (invoke "beyond") "out of bounds memory access"))
(wait $trapping)
