;; The program is there twice; which one runs shows in a multiplication and addition that may be fused or not. The data is
;; there once.
;;
;; RUN: aot compile %s --cpu baseline,x86-64-v3 --target x86_64-unknown-linux-gnu -o twice
;; RUN(10): qemu-x86_64 -cpu Nehalem ./twice
;; RUN(11): qemu-x86_64 -cpu max ./twice
;; RUN: aot compile %s --cpu x86-64-v3 --target x86_64-unknown-linux-gnu -o once
;; RUN(11): qemu-x86_64 -cpu max ./once
;; RUN: test $(wc -c < twice) -lt $(($(wc -c < once) + 30000))
;; RUN(2): aot compile %s --cpu baseline,x86-64-v3,avx512f
;; RUN(2): aot compile %s --cpu x86-64-v3,baseline
;; RUN(2): aot compile %s --cpu baseline,x86-64-v3 --emit obj
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  ;; Enough to be mapped in place instead of copied.
  (data (i32.const 65535) "\0a")
  (data (i32.const 0) "x")
  (func (export "_start") (local $a v128)
    ;; (1 + 2^-30)^2 - (1 + 2^-29) is 2^-60, which only a fused operation keeps.
    (local.set $a (f64x2.splat (f64.const 0x1.00000004p0)))
    (call $proc_exit (i32.add
      (i32.load8_u (i32.const 65535))
      (f64.ne (f64.const 0) (f64x2.extract_lane 0
        (f64x2.relaxed_madd (local.get $a) (local.get $a) (f64x2.splat (f64.const -0x1.00000008p0)))))))))
