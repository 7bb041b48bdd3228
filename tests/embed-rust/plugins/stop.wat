;; A guest that would never stop, and one that recurses for ever by way of its host.
(module
  (import "env" "again" (func $again (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "spin") (loop $for_ever
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (br $for_ever)))
  (func (export "work") (param $rounds i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (local.get $rounds)))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
  (func (export "by_host") (param i32) (result i32) (call $again (local.get 0))))
