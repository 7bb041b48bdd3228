;; Uses its memory at both ends, grows it, and uses it again.
(module
  (memory (export "memory") 2 64)
  (func (export "_start")
    (i32.store (i32.const 131068) (i32.const 1))
    (if (i32.ne (memory.grow (i32.const 62)) (i32.const 2)) (then unreachable))
    (i32.store (i32.const 4194300) (i32.const 7))
    (if (i32.ne (i32.load (i32.const 131068)) (i32.const 1)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 4194300)) (i32.const 7)) (then unreachable))))
