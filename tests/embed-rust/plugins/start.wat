;; Calls its host before anybody has the instance.
(module
  (import "env" "started" (func $started (param i32) (result i32)))
  (global $got (mut i32) (i32.const 0))
  (func $start (global.set $got (call $started (i32.const 7))))
  (func (export "got") (result i32) (global.get $got))
  (start $start))
