;;! target = "x86_64-linux"
;;! options = "--model program --root add --root sub --root stored"

;; Sums and differences of two words are one of 128 bits; where the low half has to be there before the high one can be, it is
;; computed for itself.
(module
  (memory 1)
  (func (export "add") (param i64 i64 i64 i64) (result i64 i64) (local i64)
    (local.set 4 (i64.add (local.get 0) (local.get 2)))
    (local.get 4)
    (i64.add (i64.add (local.get 1) (local.get 3)) (i64.extend_i32_u (i64.lt_u (local.get 4) (local.get 0)))))
  (func (export "sub") (param i64 i64 i64) (result i64 i64)
    (i64.sub (local.get 0) (local.get 1))
    (i64.sub (local.get 2) (i64.extend_i32_u (i64.lt_u (local.get 0) (local.get 1)))))
  (func (export "stored") (param i64 i64) (result i64) (local i64)
    (local.set 2 (i64.add (local.get 0) (local.get 1)))
    (i64.store (i32.const 0) (local.get 2))
    (i64.add (i64.load (i32.const 8)) (i64.extend_i32_u (i64.lt_u (local.get 2) (local.get 1))))))

;; ; add
;; function u0:0(i64, i64, i64, i64) -> i64, i64 tail {
;; block0(v0: i64, v1: i64, v2: i64, v3: i64):
;;     ; @0x60  i64.add
;;     v13 = iconcat v0, v1
;;     v14 = iconcat v2, v3
;;     v15 = iadd v13, v14
;;     v16, v17 = isplit v15
;;     ; @0x61  end
;;     jump block1
;;
;; block1:
;;     ; @0x61  end
;;     return v16, v17
;; }
;;
;; ; sub
;; function u0:1(i64, i64, i64) -> i64, i64 tail {
;; block0(v0: i64, v1: i64, v2: i64):
;;     ; @0x71  i64.sub
;;     v10 = iconcat v0, v2
;;     v11 = uextend.i128 v1
;;     v12 = isub v10, v11
;;     v13, v14 = isplit v12
;;     ; @0x72  end
;;     jump block1
;;
;; block1:
;;     ; @0x72  end
;;     return v13, v14
;; }
;;
;; ; stored
;; function u0:2(i64, i64) -> i64 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i64, v1: i64):
;;     ; @0x7b  i64.add
;;     v4 = iadd v0, v1
;;     v2 = iconst.i64 0
;;     ; @0x82  i64.store
;;     store notrap little region0 v4, v2+0x1000_0000  ; v2 = 0
;;     v19 = iconst.i64 8
;;     ; @0x87  i64.load
;;     v9 = load.i64 notrap little region0 v19+0x1000_0000  ; v19 = 8
;;     ; @0x90  i64.add
;;     v14 = iconcat v0, v9
;;     v15 = uextend.i128 v1
;;     v16 = iadd v14, v15
;;     v17, v18 = isplit v16
;;     ; @0x91  end
;;     jump block1
;;
;; block1:
;;     ; @0x91  end
;;     return v18
;; }
;;
;; ; aot_entry_df814bac630d
;; function u3:0(i64, i64, i64) system_v {
;;     region0 = 393216 "values"
;;     sig0 = (i64, i64, i64, i64) -> i64, i64 tail
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;     v3 = load.i64 notrap aligned region0 v2
;;     v4 = load.i64 notrap aligned region0 v2+16
;;     v5 = load.i64 notrap aligned region0 v2+32
;;     v6 = load.i64 notrap aligned region0 v2+48
;;     v7, v8 = call_indirect sig0, v0(v3, v4, v5, v6)
;;     v9 = iconst.i64 0
;;     store notrap aligned region0 v9, v2  ; v9 = 0
;;     store notrap aligned region0 v9, v2+8  ; v9 = 0
;;     store notrap aligned region0 v7, v2
;;     store notrap aligned region0 v9, v2+16  ; v9 = 0
;;     store notrap aligned region0 v9, v2+24  ; v9 = 0
;;     store notrap aligned region0 v8, v2+16
;;     return
;; }
;;
;; ; aot_entry_60e5feca1367
;; function u3:1(i64, i64, i64) system_v {
;;     region0 = 393216 "values"
;;     sig0 = (i64, i64, i64) -> i64, i64 tail
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;     v3 = load.i64 notrap aligned region0 v2
;;     v4 = load.i64 notrap aligned region0 v2+16
;;     v5 = load.i64 notrap aligned region0 v2+32
;;     v6, v7 = call_indirect sig0, v0(v3, v4, v5)
;;     v8 = iconst.i64 0
;;     store notrap aligned region0 v8, v2  ; v8 = 0
;;     store notrap aligned region0 v8, v2+8  ; v8 = 0
;;     store notrap aligned region0 v6, v2
;;     store notrap aligned region0 v8, v2+16  ; v8 = 0
;;     store notrap aligned region0 v8, v2+24  ; v8 = 0
;;     store notrap aligned region0 v7, v2+16
;;     return
;; }
;;
;; ; aot_entry_1e53e781647f
;; function u3:2(i64, i64, i64) system_v {
;;     region0 = 393216 "values"
;;     sig0 = (i64, i64) -> i64 tail
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;     v3 = load.i64 notrap aligned region0 v2
;;     v4 = load.i64 notrap aligned region0 v2+16
;;     v5 = call_indirect sig0, v0(v3, v4)
;;     v6 = iconst.i64 0
;;     store notrap aligned region0 v6, v2  ; v6 = 0
;;     store notrap aligned region0 v6, v2+8  ; v6 = 0
;;     store notrap aligned region0 v5, v2
;;     return
;; }
;;
;; ; aot_initialize
;; function u4:0(i64, i64, i64) system_v {
;; block0(v0: i64, v1: i64, v2: i64):
;;     return
;; }
