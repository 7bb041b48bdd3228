;;! options = "--model executable --root run --facts none"

;; With facts off nothing is known, which is always right.
(module
  (global $constant (mut i32) (i32.const 42))
  (func $unused)
  (func $run (export "run") (result i32) (global.get $constant)))

;; facts: 2 of 2 functions are reachable
