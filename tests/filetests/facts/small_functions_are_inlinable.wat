;;! options = "--model executable --root run"

;; What callers may take in: everywhere, or in loops. Of two that call each other, only one, and not what loops.
(module
  (memory 1)
  (func $tiny (param i32) (result i32) (i32.load (local.get 0)))
  (func $forwards (param i32) (result i32) (call $large (call $tiny (local.get 0))))
  (func $small (param i64 i64) (result i64)
    (i64.mul
      (i64.xor (i64.shl (local.get 0) (i64.const 7)) (i64.shr_u (local.get 0) (local.get 1)))
      (i64.add (i64.popcnt (local.get 1)) (i64.rotl (i64.rotr (i64.clz (local.get 0)) (local.get 0)) (local.get 1)))))
  (func $large (param i32) (result i32) (loop (br_if 0 (call $tiny (local.get 0)))) local.get 0)
  (func $ping (param i32) (result i32) (call $pong (local.get 0)))
  (func $pong (param i32) (result i32) (call $ping (local.get 0)))
  (func (export "run") (result i32)
    (drop (call $small (i64.const 1) (i64.const 2)))
    (i32.add (call $forwards (i32.const 0)) (i32.add (call $large (i32.const 0)) (call $ping (i32.const 0))))))

;; facts: 7 of 7 functions are reachable
;; func 0: no tail calls
;; func 1: no tail calls
;; func 2: no tail calls
;; func 3: no tail calls
;; func 4: no tail calls
;; func 5: no tail calls
;; func 6: no tail calls
;; func 0: all calls are replaced by its body
;; func 1: all calls are replaced by its body
;; func 2: calls in loops are replaced by its body
;; func 5: all calls are replaced by its body
;; memory 0: always 1 pages
