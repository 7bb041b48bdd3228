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
;;     v80 = uextend.i64 v0
;;     v81 = uextend.i64 v1
;;     ; @0x5e  i32.store8
;;     brif v23, block5, block2(v80, v81, v2)
;;
;; block5:
;;     v96 = isub.i32 v0, v1
;;     ; @0x5e  i32.store8
;;     v32 = iconst.i32 -1
;;     v33 = iadd v96, v32  ; v32 = -1
;;     v34 = iconst.i32 15
;;     v35 = icmp uge v33, v34  ; v34 = 15
;;     v43 = iconst.i32 16
;;     brif v35, block6(v80, v81, v2), block2(v80, v81, v2)
;;
;; block6(v72: i64, v74: i64, v38: i32):
;;     v109 = iconst.i32 1
;;     v110 = isub v38, v109  ; v109 = 1
;;     v111 = iconst.i32 16
;;     v112 = icmp uge v110, v111  ; v111 = 16
;;     ; @0x5e  i32.store8
;;     brif v112, block7, block10
;;
;; block7:
;;     v75 = ireduce.i32 v74
;;     ; @0x5e  i32.store8
;;     v48 = iconst.i32 4095
;;     v49 = band v75, v48  ; v48 = 4095
;;     v50 = iconst.i32 4080
;;     v51 = icmp ule v49, v50  ; v50 = 4080
;;     v73 = ireduce.i32 v72
;;     ; @0x5e  i32.store8
;;     v54 = band v73, v48  ; v48 = 4095
;;     v56 = icmp ule v54, v50  ; v50 = 4080
;;     v57 = band v51, v56
;;     brif v57, block8, block9
;;
;; block8:
;;     ; @0x5b  i32.load8_u
;;     v58 = load.i8x16 user2 little region0 v74+0x1000_0000
;;     ; @0x5e  i32.store8
;;     store user2 little region0 v58, v72+0x1000_0000
;;     v118 = iconst.i32 16
;;     v119 = iadd.i32 v73, v118  ; v118 = 16
;;     v86 = uextend.i64 v119
;;     v120 = iadd.i32 v75, v118  ; v118 = 16
;;     v87 = uextend.i64 v120
;;     ; @0x5e  i32.store8
;;     v63 = iconst.i32 -16
;;     v64 = iadd.i32 v38, v63  ; v63 = -16
;;     jump block6(v86, v87, v64)
;;
;; block9 cold:
;;     ; @0x5b  i32.load8_u
;;     v65 = load.i8 user2 little region0 v74+0x1000_0000
;;     ; @0x5e  i32.store8
;;     store user2 little region0 v65, v72+0x1000_0000
;;     v113 = iconst.i32 1
;;     v114 = iadd.i32 v73, v113  ; v113 = 1
;;     v88 = uextend.i64 v114
;;     v115 = iadd.i32 v75, v113  ; v113 = 1
;;     v89 = uextend.i64 v115
;;     v116 = iconst.i32 -1
;;     v117 = iadd.i32 v38, v116  ; v116 = -1
;;     ; @0x5e  i32.store8
;;     jump block6(v88, v89, v117)
;;
;; block2(v76: i64, v78: i64, v12: i32):
;;     ; @0x5b  i32.load8_u
;;     v6 = uload8.i32 user2 little region0 v78+0x1000_0000
;;     ; @0x5e  i32.store8
;;     istore8 user2 little region0 v6, v76+0x1000_0000
;;     v121 = iconst.i32 1
;;     v122 = isub v12, v121  ; v121 = 1
;;     v77 = ireduce.i32 v76
;;     v123 = iadd v77, v121  ; v121 = 1
;;     v90 = uextend.i64 v123
;;     v79 = ireduce.i32 v78
;;     v124 = iadd v79, v121  ; v121 = 1
;;     v91 = uextend.i64 v124
;;     ; @0x76  br_if 0
;;     brif v122, block2(v90, v91, v122), block3
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
;;     jump block2(v72, v74, v38)
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
