;;! options = "--model library"
;;! filter = "twice"

;; An import that is a slot is called through the context: its code, and the context that code expects.
(module
  (import "host" "increment" (func $increment (param i32) (result i32)))
  (func $twice (export "twice") (param i32) (result i32)
    (call $increment (call $increment (local.get 0)))))

;; ; twice
;; function u0:1(i64, i32) -> i32 tail {
;;     sig0 = (i64, i32) -> i32 tail
;;
;; block0(v0: i64, v1: i32):
;;     ; @0x3a  call 0
;;     v3 = load.i64 notrap aligned readonly can_move v0+64
;;     v4 = load.i64 notrap aligned readonly can_move v0+72
;;     v5 = call_indirect sig0, v3(v4, v1)
;;     ; @0x3c  call 0
;;     v6 = load.i64 notrap aligned readonly can_move v0+64
;;     v7 = load.i64 notrap aligned readonly can_move v0+72
;;     v8 = call_indirect sig0, v6(v7, v5)
;;     ; @0x3e  end
;;     jump block1(v8)
;;
;; block1(v2: i32):
;;     ; @0x3e  end
;;     return v2
;; }
