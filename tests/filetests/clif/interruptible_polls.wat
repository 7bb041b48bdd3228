;;! options = "--model library --memory guard --interruptible"
;;! filter = "spin"

;; Interruption: the epoch is loaded anew at the function's entry and in every iteration, even of a loop that stores
;; nothing; the address of the counter stays.
(module
  (func $spin (export "spin")
    (loop $again
      (br $again))))

;; ; spin
;; function u0:0(i64) tail {
;;     region0 = 458754 "epoch"
;;     region1 = 458753 "epoch deadline"
;;
;; block0(v0: i64):
;;     ; @0x21  loop
;;     v1 = load.i64 notrap aligned readonly can_move v0+32
;;     v2 = atomic_load.i64 notrap aligned region0 v1
;;     v3 = load.i64 notrap aligned region1 v0+40
;;     v4 = icmp uge v2, v3
;;     trapnz v4, user19
;;     jump block2
;;
;; block2:
;;     ; @0x23  br 0
;;     v5 = load.i64 notrap aligned readonly can_move v0+32
;;     v6 = atomic_load.i64 notrap aligned region0 v5
;;     v7 = load.i64 notrap aligned region1 v0+40
;;     v8 = icmp uge v6, v7
;;     trapnz v8, user19
;;     jump block2
;; }
