;; Makes letters of a text large, and tells its host how many.
(module
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "letters changed: ")
  ;; Where the host puts a text, so many bytes at most.
  (func (export "buffer") (result i32 i32) (i32.const 1024) (i32.const 4096))
  ;; Changes a text in place; its new length.
  (func (export "transform") (param $at i32) (param $length i32) (result i32)
    (local $end i32) (local $byte i32) (local $changed i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
          (then
            (i32.store8 (local.get $at) (i32.sub (local.get $byte) (i32.const 32)))
            (local.set $changed (i32.add (local.get $changed) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.store8 (i32.const 17) (i32.add (i32.const 48) (i32.rem_u (local.get $changed) (i32.const 10))))
    (call $log (i32.const 0) (i32.const 18))
    (local.get $length)))
