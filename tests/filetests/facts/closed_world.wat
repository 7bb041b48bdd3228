;;! options = "--model executable --root run"

;; What an executable's closed world proves: an unused function is unreachable, a global nobody writes is constant, a
;; memory nobody grows is fixed, a table nobody writes has known targets.
(module
  (memory 1)
  (table $table 2 funcref)
  (elem (table $table) (i32.const 0) func $one)
  (global $constant (mut i32) (i32.const 42))
  (global $counter (mut i32) (i32.const 0))
  (func $one (result i32) (i32.const 1))
  (func $unused (result i32) (memory.grow (i32.const 1)))
  (func $run (export "run") (result i32)
    (global.set $counter (i32.add (global.get $counter) (global.get $constant)))
    (i32.add (i32.load (i32.const 0)) (call_indirect $table (result i32) (i32.const 0))))
  (func (export "not_a_root") (result i32) (call $unused)))

;; facts: 2 of 4 functions are reachable
;; func 1: unreachable, symbol unused
;; func 3: unreachable, symbol not_a_root
;; func 0: no tail calls
;; func 2: no tail calls
;; func 0: all calls are replaced by its body
;; table 0: always 2 elements [0, null]
;; memory 0: always 1 pages
;; global 0: always 42
;; global 1: worth a register
