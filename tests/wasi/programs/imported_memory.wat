;; A memory under a name that means nothing: the runtime makes it, from its type.
(module
  (import "anything" "at all" (memory 1 3))
  (export "memory" (memory 0))
  (func (export "_start")
    (if (i32.ne (memory.size) (i32.const 1)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 2)) (i32.const 1)) (then unreachable))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
    (i32.store (i32.const 196604) (i32.const 1))))
