;; Without being asked, an executable for x86_64 holds the one function with vectors in a loop twice, for AVX2 and without, and
;; finds out which one to run when it is called first. The emulator's log names the functions that it comes by.
;;
;; RUN: aot compile %s --target x86_64-unknown-linux-gnu -o twice
;; RUN(42): qemu-x86_64 -cpu Nehalem -d exec -D nehalem.log ./twice 2>warnings
;; RUN: grep -q sum.any nehalem.log && ! grep -q sum.avx2 nehalem.log
;; RUN(42): qemu-x86_64 -cpu SandyBridge -d exec -D sandy_bridge.log ./twice 2>warnings
;; RUN: grep -q sum.any sandy_bridge.log && ! grep -q sum.avx2 sandy_bridge.log
;; RUN(42): qemu-x86_64 -cpu Haswell -d exec -D haswell.log ./twice 2>warnings
;; RUN: grep -q sum.avx2 haswell.log && ! grep -q sum.any haswell.log
;;
;; Who names a processor, a library's host, small programs and those who switch it off get one version.
;; RUN: aot compile %s --target x86_64-unknown-linux-gnu --cpu baseline -o once
;; RUN: aot compile %s --target x86_64-unknown-linux-gnu --disable vector-versions -o off
;; RUN: aot compile %s --target x86_64-unknown-linux-gnu -Os -o small
;; RUN: aot compile %s --target x86_64-unknown-linux-gnu --emit obj -o library.o
;; RUN: grep -q sum.avx2 twice
;; RUN: ! grep -q -e sum.avx2 -e aot_ask_processor once off small library.o
;; RUN(42): qemu-x86_64 -cpu Nehalem ./once
;; RUN: aot compile %s --target aarch64-unknown-linux-gnu -o arm
;; RUN(42): qemu-aarch64 ./arm
;;
;; A program without vectors is the same either way.
;; RUN: aot compile %d/readme.wat --entry f --target x86_64-unknown-linux-gnu -o plain
;; RUN: aot compile %d/readme.wat --entry f --target x86_64-unknown-linux-gnu --cpu baseline -o baseline
;; RUN: cmp plain baseline
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\00\00\02\00\00\00\03\00\00\00\04\00\00\00\05\00\00\00\06\00\00\00\07\00\00\00\0e\00\00\00")
  (func $sum (param $from i32) (param $end i32) (result i32) (local $sum v128)
    (loop $next
      (local.set $sum (i32x4.add (local.get $sum) (v128.load (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end))))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
      (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
  (func (export "_start")
    (call $proc_exit (call $sum (i32.const 0) (i32.const 32)))))
