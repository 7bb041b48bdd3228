;;! options = "--model library --memory guard"
;;! filter = "load"

;; Guard mode, library: the base is loaded from the context, readonly, and the access itself is unchecked.
(module
  (memory (export "memory") 1)
  (func $load (export "load") (param i32) (result i32)
    local.get 0
    i32.load offset=16))

;; ; load
;; function u0:0(i64, i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i64, v1: i32):
;;     ; @0x33  i32.load offset=16
;;     v3 = uextend.i64 v1
;;     v4 = load.i64 notrap aligned readonly can_move v0+64
;;     v5 = iadd v4, v3
;;     v6 = load.i32 user2 little region0 v5+16
;;     ; @0x36  end
;;     jump block1(v6)
;;
;; block1(v2: i32):
;;     ; @0x36  end
;;     return v2
;; }
