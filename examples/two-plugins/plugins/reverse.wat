;; Turns a text around, and asks its host whether the text is fit for that.
(module
  (import "env" "log" (func $log (param i32 i32)))
  (import "policy" "allows" (func $allows (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "turned around")
  (func (export "buffer") (result i32 i32) (i32.const 1024) (i32.const 4096))
  (func (export "transform") (param $at i32) (param $length i32) (result i32)
    (local $left i32) (local $right i32) (local $byte i32)
    (if (i32.eqz (call $allows (local.get $length))) (then (return (i32.const 0))))
    (local.set $left (local.get $at))
    (local.set $right (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (local.set $right (i32.sub (local.get $right) (i32.const 1)))
        (br_if $done (i32.ge_s (local.get $left) (local.get $right)))
        (local.set $byte (i32.load8_u (local.get $left)))
        (i32.store8 (local.get $left) (i32.load8_u (local.get $right)))
        (i32.store8 (local.get $right) (local.get $byte))
        (local.set $left (i32.add (local.get $left) (i32.const 1)))
        (br $next)))
    (call $log (i32.const 0) (i32.const 13))
    (local.get $length)))
