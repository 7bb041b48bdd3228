;;! target = "x86_64-linux"
;;! options = "--model library --memory bounds"
;;! filter = "block_"

;; The bounds of a block are checked here: the runtime's part is C's memmove.
(module
  (memory (export "memory") 1)
  (func $block_copy (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2))))

;; ; block_copy
;; function u0:0(i64, i32, i32, i32) tail {
;;     region0 = 262144 "memory header"
;;     sig0 = (i64, i64, i64) system_v
;;     fn0 = colocated u5:3 sig0  ; aot_move_bytes
;;
;; block0(v0: i64, v1: i32, v2: i32, v3: i32):
;;     ; @0x38  memory.copy 0 0
;;     v4 = uextend.i64 v2
;;     v5 = uextend.i64 v3
;;     v6 = iadd v4, v5
;;     v7 = load.i64 notrap aligned region0 v0+72
;;     v8 = icmp ugt v6, v7
;;     trapnz v8, user2
;;     v9 = load.i64 notrap aligned region0 v0+64
;;     v10 = iadd v9, v4
;;     v11 = uextend.i64 v1
;;     v12 = uextend.i64 v3
;;     v13 = iadd v11, v12
;;     v14 = load.i64 notrap aligned region0 v0+72
;;     v15 = icmp ugt v13, v14
;;     trapnz v15, user2
;;     v16 = load.i64 notrap aligned region0 v0+64
;;     v17 = iadd v16, v11
;;     v18 = uextend.i64 v3
;;     call fn0(v17, v10, v18)
;;     ; @0x3c  end
;;     jump block1
;;
;; block1:
;;     ; @0x3c  end
;;     return
;; }
