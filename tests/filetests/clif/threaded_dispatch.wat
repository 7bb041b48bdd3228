;; A branch to a loop whose head is nothing but a dispatch goes where the dispatch would send it, when the selecting local
;; is a constant there; the one that is not a constant goes to the head. A selector that is a parameter is first compared
;; with 0, where functions begin that resume at the place they are told.
(module
  (func (export "f") (param i32 i64) (result i64)
    (loop $head
      (block $c (block $b (block $a
        (br_table $a $b $c (local.get 0)))
        (local.set 1 (i64.add (local.get 1) (i64.const 1)))
        (if (i64.lt_u (local.get 1) (i64.const 100))
          (then
            (local.set 0 (i32.const 0))
            (br $head)))
        (local.set 0 (i32.const 7))
        (br $head))
        (local.set 0 (i32.wrap_i64 (local.get 1)))
        (br $head)))
    (local.get 1)))

;; ; f
;; function u0:0(i64, i32, i64) -> i64 tail {
;; block0(v0: i64, v1: i32, v2: i64):
;;     ; @0x21  loop
;;     jump block2(v1, v2)
;;
;; block2(v4: i32, v15: i64):
;;                                     v13 -> v15
;;     ; @0x2b  br_table 0 1 2
;;     brif v4, block6, block5(v15)
;;
;; block6:
;;     ; @0x2b  br_table 0 1 2
;;     br_table v4, block9, [block7, block8]
;;
;; block9:
;;     ; @0x2b  br_table 0 1 2
;;     jump block3(v15)
;;
;; block7:
;;     ; @0x2b  br_table 0 1 2
;;     jump block5(v15)
;;
;; block8:
;;     ; @0x2b  br_table 0 1 2
;;     jump block4
;;
;; block5(v5: i64):
;;     ; @0x33  i64.const 1
;;     v6 = iconst.i64 1
;;     ; @0x35  i64.add
;;     v7 = iadd v5, v6  ; v6 = 1
;;     ; @0x3a  i64.const 100
;;     v8 = iconst.i64 100
;;     ; @0x3d  i64.lt_u
;;     v9 = icmp ult v7, v8  ; v8 = 100
;;     v10 = uextend.i32 v9
;;     ; @0x3e  if
;;     brif v10, block10, block11
;;
;; block10:
;;     ; @0x40  i32.const 0
;;     v11 = iconst.i32 0
;;     ; @0x44  br 3
;;     jump block5(v7)
;;
;; block11:
;;     ; @0x46  end
;;     jump block12
;;
;; block12:
;;     ; @0x47  i32.const 7
;;     v12 = iconst.i32 7
;;     ; @0x4b  br 2
;;     jump block3(v7)
;;
;; block4:
;;     ; @0x50  i32.wrap_i64
;;     v14 = ireduce.i32 v13
;;     ; @0x53  br 1
;;     jump block2(v14, v13)
;;
;; block3(v16: i64):
;;     ; @0x59  end
;;     jump block1(v16)
;;
;; block1(v3: i64):
;;     ; @0x59  end
;;     return v3
;; }
;;
;; ; aot_entry_33d6e16eaf4a
;; function u3:0(i64, i64, i64) system_v {
;;     region0 = 393216 "values"
;;     sig0 = (i64, i32, i64) -> i64 tail
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;     v3 = load.i32 notrap aligned region0 v2
;;     v4 = load.i64 notrap aligned region0 v2+16
;;     v5 = call_indirect sig0, v0(v1, v3, v4)
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
