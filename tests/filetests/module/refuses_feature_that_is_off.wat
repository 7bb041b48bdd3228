;;! options = "--features -simd"

;; A module that needs a proposal that was turned off is told which, and how to turn it on.
(module
  (func $vector (export "vector") (param v128) (result v128)
    (i32x4.add (local.get 0) (local.get 0))))

;; error: SIMD support is not enabled
;;   at offset 0xb
;;   help: pass `--features simd`
