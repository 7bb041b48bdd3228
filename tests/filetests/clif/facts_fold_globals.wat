;;! options = "--model executable --facts all"
;;! filter = "read"

;; A global that nothing writes is its value; one that something writes is a load.
(module
  (global $constant (mut i32) (i32.const 42))
  (global $variable (mut i32) (i32.const 7))
  (func $read (export "read") (result i32)
    (i32.add (global.get $constant) (global.get $variable)))
  (func $write (export "write") (param i32)
    (global.set $variable (local.get 0))))

;; ; read
;; function u0:0() -> i32 tail {
;;     region0 = 65538 "global"
;;     gv0 = symbol colocated userextname0  ; aot_context
;;
;; block0:
;;     ; @0x3c  global.get 0
;;     v1 = iconst.i32 42
;;     ; @0x3e  global.get 1
;;     v2 = symbol_value.i64 gv0
;;     v3 = load.i32 notrap aligned region0 v2+144
;;     ; @0x40  i32.add
;;     v4 = iadd v1, v3  ; v1 = 42
;;     ; @0x41  end
;;     jump block1(v4)
;;
;; block1(v0: i32):
;;     ; @0x41  end
;;     return v0
;; }
