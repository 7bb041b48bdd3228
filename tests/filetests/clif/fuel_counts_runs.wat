;;! options = "--model library --memory guard --fuel"
;;! filter = "count"

;; Fuel. A run takes its units when it begins, and stores what is left where the run may trap or leave the function; a run
;; of arithmetic does not. Functions and loops stop when less than nothing is left. Behind a call the count is loaded
;; again. A bulk operator takes more by its length.
(module
  (memory (export "memory") 1)
  (func $count_and_sum (export "count") (param $n i32) (result i32)
    (local $sum i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $n))))
        (local.set $n (i32.sub (local.get $n) (i32.const 4)))
        (br $again)))
    local.get $sum)
  (func $call_counted (export "call")
    (drop (call $count_and_sum (i32.const 8)))
    (memory.fill (i32.const 0) (i32.const 1) (i32.load (i32.const 0)))))

;; ; count_and_sum
;; function u0:0(i64, i32) -> i32 tail {
;;     region0 = 458752 "fuel"
;;     region1 = 1 "guest memory"
;;
;; block0(v0: i64, v1: i32):
;;     v2 = iconst.i32 0
;;     ; @0x3f  block
;;     v4 = load.i64 notrap aligned region0 v0+48
;;     v5 = iconst.i64 0
;;     v6 = icmp slt v4, v5  ; v5 = 0
;;     brif v6, block2, block3
;;
;; block2 cold:
;;     ; @0x3f  block
;;     store.i64 notrap aligned region0 v4, v0+48
;;     trap user20
;;
;; block3:
;;     ; @0x41  loop
;;     jump block5(v4, v1, v2)  ; v2 = 0
;;
;; block5(v7: i64, v12: i32, v18: i32):
;;     ; @0x43  local.get 0
;;     v8 = iconst.i64 -3
;;     v9 = iadd v7, v8  ; v8 = -3
;;     v10 = iconst.i64 0
;;     v11 = icmp slt v9, v10  ; v10 = 0
;;     brif v11, block6, block7
;;
;; block6 cold:
;;     ; @0x43  local.get 0
;;     store.i64 notrap aligned region0 v9, v0+48
;;     trap user20
;;
;; block7:
;;     ; @0x45  i32.eqz
;;     v13 = iconst.i32 0
;;     v14 = icmp.i32 eq v12, v13  ; v13 = 0
;;     v15 = uextend.i32 v14
;;     ; @0x46  br_if 1
;;     brif v15, block4, block8
;;
;; block8:
;;     ; @0x48  local.get 1
;;     v16 = iconst.i64 -10
;;     v17 = iadd.i64 v9, v16  ; v16 = -10
;;     store notrap aligned region0 v17, v0+48
;;     ; @0x4c  i32.load
;;     v19 = uextend.i64 v12
;;     v20 = load.i64 notrap aligned readonly can_move v0+64
;;     v21 = iadd v20, v19
;;     v22 = load.i32 user2 little region1 v21
;;     ; @0x4f  i32.add
;;     v23 = iadd.i32 v18, v22
;;     ; @0x54  i32.const 4
;;     v24 = iconst.i32 4
;;     ; @0x56  i32.sub
;;     v25 = isub.i32 v12, v24  ; v24 = 4
;;     ; @0x59  br 0
;;     jump block5(v17, v25, v23)
;;
;; block4:
;;     ; @0x5d  local.get 1
;;     v26 = iconst.i64 -1
;;     v27 = iadd.i64 v9, v26  ; v26 = -1
;;     ; @0x5f  end
;;     jump block1(v18)
;;
;; block1(v3: i32):
;;     ; @0x5f  end
;;     store.i64 notrap aligned region0 v27, v0+48
;;     return v3
;; }
;;
;; ; call_counted
;; function u0:1(i64) tail {
;;     region0 = 458752 "fuel"
;;     region1 = 1 "guest memory"
;;     region2 = 262144 "memory header"
;;     sig0 = (i64, i32) -> i32 tail
;;     sig1 = (i64, i32, i64) system_v
;;     fn0 = colocated u0:0 sig0  ; count_and_sum
;;     fn1 = colocated u5:4 sig1  ; aot_fill_bytes
;;
;; block0(v0: i64):
;;     ; @0x62  i32.const 8
;;     v1 = load.i64 notrap aligned region0 v0+48
;;     v2 = iconst.i64 -2
;;     v3 = iadd v1, v2  ; v2 = -2
;;     store notrap aligned region0 v3, v0+48
;;     v4 = iconst.i64 0
;;     v5 = icmp slt v3, v4  ; v4 = 0
;;     trapnz v5, user20
;;     v6 = iconst.i32 8
;;     ; @0x64  call 0
;;     v7 = call fn0(v0, v6)  ; v6 = 8
;;     ; @0x66  drop
;;     v8 = load.i64 notrap aligned region0 v0+48
;;     v9 = iconst.i64 -6
;;     v10 = iadd v8, v9  ; v9 = -6
;;     store notrap aligned region0 v10, v0+48
;;     ; @0x67  i32.const 0
;;     v11 = iconst.i32 0
;;     ; @0x69  i32.const 1
;;     v12 = iconst.i32 1
;;     ; @0x6b  i32.const 0
;;     v13 = iconst.i32 0
;;     ; @0x6d  i32.load
;;     v14 = uextend.i64 v13  ; v13 = 0
;;     v15 = load.i64 notrap aligned readonly can_move v0+64
;;     v16 = iadd v15, v14
;;     v17 = load.i32 notrap little region1 v16
;;     ; @0x70  memory.fill 0
;;     v18 = uextend.i64 v17
;;     v19 = iconst.i64 4
;;     v20 = ushr v18, v19  ; v19 = 4
;;     v21 = isub v10, v20
;;     store notrap aligned region0 v21, v0+48
;;     v22 = iconst.i64 0
;;     v23 = icmp slt v21, v22  ; v22 = 0
;;     trapnz v23, user20
;;     v24 = uextend.i64 v11  ; v11 = 0
;;     v25 = uextend.i64 v17
;;     v26 = iadd v24, v25
;;     v27 = load.i64 notrap aligned region2 v0+72
;;     v28 = icmp ugt v26, v27
;;     trapnz v28, user2
;;     v29 = load.i64 notrap aligned readonly can_move v0+64
;;     v30 = iadd v29, v24
;;     v31 = uextend.i64 v17
;;     call fn1(v30, v12, v31)  ; v12 = 1
;;     ; @0x73  end
;;     jump block1
;;
;; block1:
;;     ; @0x73  end
;;     store.i64 notrap aligned region0 v21, v0+48
;;     return
;; }
