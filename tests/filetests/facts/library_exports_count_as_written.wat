;;! options = "--model library"

;; The same module as a library: what it exports, a host may write or grow, so nothing is proved about it.
(module
  (memory (export "memory") 1)
  (table (export "table") 2 funcref)
  (global (export "global") (mut i32) (i32.const 42))
  (global $own (mut i32) (i32.const 43))
  (func $run (export "run") (result i32)
    (i32.add (i32.load (i32.const 0)) (global.get $own))))

;; facts: 1 of 1 functions are reachable
;; func 0: no tail calls
;; func 0: all calls are replaced by its body
;; global 1: always 43
