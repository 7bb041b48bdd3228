;;! target = "x86_64-linux"
;;! options = "--cpu x86-64-v3"
;;! filter = "relaxed_nmadd"

;; With FMA, `nmadd` rounds once.
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

;; ; relaxed_nmadd
;; function u0:3(i64, i8x16, i8x16, i8x16) -> i8x16 tail {
;; block0(v0: i64, v1: i8x16, v2: i8x16, v3: i8x16):
;;     ; @0x9d  f64x2.relaxed_nmadd
;;     v5 = bitcast.f64x2 little v3
;;     v6 = bitcast.f64x2 little v2
;;     v7 = bitcast.f64x2 little v1
;;     v8 = fneg v7
;;     v9 = fma v8, v6, v5
;;     v10 = bitcast.i8x16 little v9
;;     ; @0xa0  end
;;     jump block1(v10)
;;
;; block1(v4: i8x16):
;;     ; @0xa0  end
;;     return v4
;; }
