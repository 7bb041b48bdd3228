;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "bytes_"

;; A loop that copies bytes has one in front of it that copies sixteen at a time. The two below stay alone: one goes
;; backwards, in the other somebody could see the rounds.
(module
  (memory (export "memory") 1)
  (global $round (export "round") (mut i32) (i32.const 0))
  (func $bytes_up (export "up") (param $to i32) (param $from i32) (param $left i32)
    (loop $next
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func $bytes_down (export "down") (param $to i32) (param $left i32)
    (loop $next
      (i32.store8 (local.get $to) (i32.const 32))
      (local.set $to (i32.sub (local.get $to) (i32.const 1)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func $bytes_seen (export "seen") (param $to i32) (param $left i32)
    (loop $next
      (i32.store8 (local.get $to) (i32.const 32))
      (global.set $round (local.get $left))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))

;; ; bytes_up
;; function u0:0(i32, i32, i32) tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i32, v1: i32, v2: i32):
;;     ; @0x55  loop
;;     jump block4
;;
;; block4:
;;     v18 = iconst.i32 1
;;     v19 = isub.i32 v2, v18  ; v18 = 1
;;     ; @0x5e  i32.store8
;;     v22 = iconst.i32 32
;;     v23 = icmp uge v19, v22  ; v22 = 32
;;     v89 = uextend.i64 v0
;;     v90 = uextend.i64 v1
;;     ; @0x5e  i32.store8
;;     brif v23, block5, block2(v89, v90, v2)
;;
;; block5:
;;     v97 = isub.i32 v0, v1
;;     ; @0x5e  i32.store8
;;     v32 = iconst.i32 -1
;;     v33 = iadd v97, v32  ; v32 = -1
;;     v34 = iconst.i32 15
;;     v35 = icmp uge v33, v34  ; v34 = 15
;;     v43 = iconst.i32 16
;;     brif v35, block6(v89, v90, v2), block2(v89, v90, v2)
;;
;; block6(v81: i64, v83: i64, v38: i32):
;;     v101 = iconst.i32 1
;;     v102 = isub v38, v101  ; v101 = 1
;;     v103 = iconst.i32 16
;;     v104 = icmp uge v102, v103  ; v103 = 16
;;     ; @0x5e  i32.store8
;;     brif v104, block7, block10
;;
;; block7:
;;     v84 = ireduce.i32 v83
;;     ; @0x5e  i32.store8
;;     v48 = iconst.i32 4095
;;     v49 = band v84, v48  ; v48 = 4095
;;     v50 = iconst.i32 4080
;;     v51 = icmp ule v49, v50  ; v50 = 4080
;;     v82 = ireduce.i32 v81
;;     ; @0x5e  i32.store8
;;     v54 = band v82, v48  ; v48 = 4095
;;     v56 = icmp ule v54, v50  ; v50 = 4080
;;     v57 = band v51, v56
;;     brif v57, block8, block9
;;
;; block8:
;;     ; @0x5b  i32.load8_u
;;     v58 = load.i8x16 user2 little region0 v83+0x1000_0000
;;     ; @0x5e  i32.store8
;;     store user2 little region0 v58, v81+0x1000_0000
;;     v110 = iconst.i32 16
;;     v111 = iadd.i32 v82, v110  ; v110 = 16
;;     v91 = uextend.i64 v111
;;     v112 = iadd.i32 v84, v110  ; v110 = 16
;;     v92 = uextend.i64 v112
;;     ; @0x5e  i32.store8
;;     v63 = iconst.i32 -16
;;     v64 = iadd.i32 v38, v63  ; v63 = -16
;;     jump block6(v91, v92, v64)
;;
;; block9 cold:
;;     ; @0x5b  i32.load8_u
;;     v65 = load.i8 user2 little region0 v83+0x1000_0000
;;     ; @0x5e  i32.store8
;;     store user2 little region0 v65, v81+0x1000_0000
;;     v105 = iconst.i32 1
;;     v106 = iadd.i32 v82, v105  ; v105 = 1
;;     v93 = uextend.i64 v106
;;     v107 = iadd.i32 v84, v105  ; v105 = 1
;;     v94 = uextend.i64 v107
;;     v108 = iconst.i32 -1
;;     v109 = iadd.i32 v38, v108  ; v108 = -1
;;     ; @0x5e  i32.store8
;;     jump block6(v93, v94, v109)
;;
;; block2(v85: i64, v87: i64, v12: i32):
;;     ; @0x5b  i32.load8_u
;;     v6 = uload8.i32 user2 little region0 v87+0x1000_0000
;;     ; @0x5e  i32.store8
;;     istore8 user2 little region0 v6, v85+0x1000_0000
;;     v113 = iconst.i32 1
;;     v114 = isub v12, v113  ; v113 = 1
;;     v86 = ireduce.i32 v85
;;     v115 = iadd v86, v113  ; v113 = 1
;;     v95 = uextend.i64 v115
;;     v88 = ireduce.i32 v87
;;     v116 = iadd v88, v113  ; v113 = 1
;;     v96 = uextend.i64 v116
;;     ; @0x76  br_if 0
;;     brif v114, block2(v95, v96, v114), block3
;;
;; block3:
;;     ; @0x79  end
;;     jump block1
;;
;; block1:
;;     ; @0x79  end
;;     return
;;
;; block10 cold:
;;     jump block2(v81, v83, v38)
;; }
;;
;; ; bytes_down
;; function u0:1(i32, i32) tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i32, v1: i32):
;;     v12 = uextend.i64 v0
;;     ; @0x80  i32.const 32
;;     v3 = iconst.i32 32
;;     ; @0x87  i32.const 1
;;     v5 = iconst.i32 1
;;     ; @0x7c  loop
;;     jump block2(v12, v1)
;;
;; block2(v10: i64, v7: i32):
;;     v14 = iconst.i32 32
;;     ; @0x82  i32.store8
;;     istore8 user2 little region0 v14, v10+0x1000_0000  ; v14 = 32
;;     v15 = iconst.i32 1
;;     v16 = isub v7, v15  ; v15 = 1
;;     v11 = ireduce.i32 v10
;;     v17 = isub v11, v15  ; v15 = 1
;;     v13 = uextend.i64 v17
;;     ; @0x93  br_if 0
;;     brif v16, block2(v13, v16), block3
;;
;; block3:
;;     ; @0x96  end
;;     jump block1
;;
;; block1:
;;     ; @0x96  end
;;     return
;; }
;;
;; ; bytes_seen
;; function u0:2(i32, i32) tail {
;;     region0 = 1 "guest memory"
;;     region1 = 65537 "global"
;;     gv0 = symbol colocated userextname0  ; aot_context
;;
;; block0(v0: i32, v1: i32):
;;     v13 = uextend.i64 v0
;;     ; @0x9d  i32.const 32
;;     v3 = iconst.i32 32
;;     ; @0xa4  global.set 0
;;     v6 = symbol_value.i64 gv0
;;     ; @0xa8  i32.const 1
;;     v7 = iconst.i32 1
;;     ; @0x99  loop
;;     jump block2(v13, v1)
;;
;; block2(v11: i64, v5: i32):
;;     v15 = iconst.i32 32
;;     ; @0x9f  i32.store8
;;     istore8 user2 little region0 v15, v11+0x1000_0000  ; v15 = 32
;;     ; @0xa4  global.set 0
;;     store notrap aligned region1 v5, v6+240
;;     v16 = iconst.i32 1
;;     v17 = isub v5, v16  ; v16 = 1
;;     v12 = ireduce.i32 v11
;;     v18 = iadd v12, v16  ; v16 = 1
;;     v14 = uextend.i64 v18
;;     ; @0xb4  br_if 0
;;     brif v17, block2(v14, v17), block3
;;
;; block3:
;;     ; @0xb7  end
;;     jump block1
;;
;; block1:
;;     ; @0xb7  end
;;     return
;; }
