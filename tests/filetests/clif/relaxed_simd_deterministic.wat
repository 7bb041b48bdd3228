;;! target = "x86_64-linux"
;;! options = "--deterministic --cpu x86-64-v3"
;;! filter = "relaxed_"

;; The deterministic profile: parameter 0 of every family, whatever the processor offers.
(module
  (func $relaxed_swizzle (export "swizzle") (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
  (func $relaxed_trunc_s (export "trunc_s") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))
  (func $relaxed_trunc_f64_s (export "trunc_f64_s") (param v128) (result v128)
    (i32x4.relaxed_trunc_f64x2_s_zero (local.get 0)))
  (func $relaxed_nmadd (export "nmadd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func $relaxed_laneselect (export "laneselect") (param v128 v128 v128) (result v128)
    (i16x8.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func $relaxed_min (export "min") (param v128 v128) (result v128) (f32x4.relaxed_min (local.get 0) (local.get 1)))
  (func $relaxed_q15mulr (export "q15mulr") (param v128 v128) (result v128)
    (i16x8.relaxed_q15mulr_s (local.get 0) (local.get 1)))
  (func $relaxed_dot (export "dot") (param v128 v128) (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1))))

;; ; relaxed_swizzle
;; function u0:0(i64, i8x16, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     ; @0x81  i8x16.relaxed_swizzle
;;     v4 = swizzle v1, v2
;;     ; @0x84  end
;;     jump block1(v4)
;;
;; block1(v3: i8x16):
;;     ; @0x84  end
;;     return v3
;; }
;;
;; ; relaxed_trunc_s
;; function u0:1(i64, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16):
;;     ; @0x89  i32x4.relaxed_trunc_f32x4_s
;;     v3 = bitcast.f32x4 little v1
;;     v4 = fcvt_to_sint_sat.i32x4 v3
;;     v5 = bitcast.i8x16 little v4
;;     ; @0x8c  end
;;     jump block1(v5)
;;
;; block1(v2: i8x16):
;;     ; @0x8c  end
;;     return v2
;; }
;;
;; ; relaxed_trunc_f64_s
;; function u0:2(i64, i8x16) -> i8x16 tail {
;;     const0 = 0x00000000000000000000000000000000
;;
;; block0(v0: i64, v1: i8x16):
;;     ; @0x91  i32x4.relaxed_trunc_f64x2_s_zero
;;     v3 = bitcast.f64x2 little v1
;;     v4 = fcvt_to_sint_sat.i64x2 v3
;;     v5 = vconst.i64x2 const0
;;     v6 = snarrow v4, v5  ; v5 = const0
;;     v7 = bitcast.i8x16 little v6
;;     ; @0x94  end
;;     jump block1(v7)
;;
;; block1(v2: i8x16):
;;     ; @0x94  end
;;     return v2
;; }
;;
;; ; relaxed_nmadd
;; function u0:3(i64, i8x16, i8x16, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16, v2: i8x16, v3: i8x16):
;;     ; @0x9d  f64x2.relaxed_nmadd
;;     v5 = bitcast.f64x2 little v3
;;     v6 = bitcast.f64x2 little v2
;;     v7 = bitcast.f64x2 little v1
;;     v8 = fneg v7
;;     v9 = fmul v8, v6
;;     v10 = fadd v9, v5
;;     v11 = bitcast.i8x16 little v10
;;     ; @0xa0  end
;;     jump block1(v11)
;;
;; block1(v4: i8x16):
;;     ; @0xa0  end
;;     return v4
;; }
;;
;; ; relaxed_laneselect
;; function u0:4(i64, i8x16, i8x16, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16, v2: i8x16, v3: i8x16):
;;     ; @0xa9  i16x8.relaxed_laneselect
;;     v5 = bitcast.i16x8 little v3
;;     v6 = bitcast.i16x8 little v2
;;     v7 = bitcast.i16x8 little v1
;;     v8 = bitselect v5, v7, v6
;;     v9 = bitcast.i8x16 little v8
;;     ; @0xac  end
;;     jump block1(v9)
;;
;; block1(v4: i8x16):
;;     ; @0xac  end
;;     return v4
;; }
;;
;; ; relaxed_min
;; function u0:5(i64, i8x16, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     ; @0xb3  f32x4.relaxed_min
;;     v4 = bitcast.f32x4 little v2
;;     v5 = bitcast.f32x4 little v1
;;     v6 = fmin v5, v4
;;     v7 = bitcast.i8x16 little v6
;;     ; @0xb6  end
;;     jump block1(v7)
;;
;; block1(v3: i8x16):
;;     ; @0xb6  end
;;     return v3
;; }
;;
;; ; relaxed_q15mulr
;; function u0:6(i64, i8x16, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     ; @0xbd  i16x8.relaxed_q15mulr_s
;;     v4 = bitcast.i16x8 little v2
;;     v5 = bitcast.i16x8 little v1
;;     v6 = sqmul_round_sat v5, v4
;;     v7 = bitcast.i8x16 little v6
;;     ; @0xc0  end
;;     jump block1(v7)
;;
;; block1(v3: i8x16):
;;     ; @0xc0  end
;;     return v3
;; }
;;
;; ; relaxed_dot
;; function u0:7(i64, i8x16, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     ; @0xc7  i16x8.relaxed_dot_i8x16_i7x16_s
;;     v4 = swiden_low v1
;;     v5 = swiden_low v2
;;     v6 = imul v4, v5
;;     v7 = swiden_high v1
;;     v8 = swiden_high v2
;;     v9 = imul v7, v8
;;     v10 = bitcast.i8x16 little v6
;;     v11 = bitcast.i8x16 little v9
;;     v12 = shuffle v10, v11, 0x1d1c1918151411100d0c090805040100
;;     v13 = shuffle v10, v11, 0x1f1e1b1a171613120f0e0b0a07060302
;;     v14 = bitcast.i16x8 little v12
;;     v15 = bitcast.i16x8 little v13
;;     v16 = sadd_sat v14, v15
;;     v17 = bitcast.i8x16 little v16
;;     ; @0xca  end
;;     jump block1(v17)
;;
;; block1(v3: i8x16):
;;     ; @0xca  end
;;     return v3
;; }
