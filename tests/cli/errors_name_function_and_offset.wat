;; A feature that is off: once for people, once for programs.
;;
;; RUN(1): aot compile %s --emit obj --features -simd
;; RUN(1): aot compile %s --emit obj --features -simd --message-format json
;; RUN(1): aot compile %s --emit obj --features -simd --color always
(module
  (func $mix (export "mix") (result i64)
    (i64x2.extract_lane 1 (v128.const i64x2 1 2))))
