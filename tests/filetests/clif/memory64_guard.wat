;;! options = "--model library --memory guard"
;;! filter = "load"

;; 64-bit addresses in guard mode: one comparison of the high bits stands in for the whole bounds check.
(module
  (memory (export "memory") i64 1)
  (func $load (export "load") (param i64) (result i32)
    local.get 0
    i32.load offset=16))

;; ; load
;; function u0:0(i64, i64) -> i32 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i64, v1: i64):
;;     ; @0x33  i32.load offset=16
;;     v3 = iconst.i64 36
;;     v4 = ushr v1, v3  ; v3 = 36
;;     trapnz v4, user2
;;     v5 = load.i64 notrap aligned readonly can_move v0+64
;;     v6 = iadd v5, v1
;;     v7 = load.i32 user2 little region0 v6+16
;;     ; @0x36  end
;;     jump block1(v7)
;;
;; block1(v2: i32):
;;     ; @0x36  end
;;     return v2
;; }
