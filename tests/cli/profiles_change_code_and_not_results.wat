;; A program that counts leaves a file; compiled by it, it does the same, with the branch that is never taken out of line
;; and the function that the table nearly always calls called by name.
;;
;; RUN: aot compile %s --pgo-generate=counts -o counting
;; RUN(3): ./counting
;; RUN: test -s counts
;; RUN: aot inspect counting
;; RUN: aot compile %s --pgo-use counts -o used
;; RUN(3): ./used
;; RUN: aot compile %s --pgo-generate=here/and/nowhere -o lost
;; RUN(3): ./lost
;; RUN: aot compile %s --target aarch64-unknown-linux-gnu --pgo-generate=counts2 -o counting2
;; RUN(3): qemu-aarch64 ./counting2
;; RUN: cmp counts counts2
;; RUN: aot compile %s --target aarch64-unknown-linux-gnu --pgo-use counts2 -o used2
;; RUN(3): qemu-aarch64 ./used2
;; RUN(1): aot compile %s --pgo-use %s -o wrong
;; RUN(1): aot compile %s --pgo-use missing -o wrong
;; RUN(2): aot compile %s --pgo-use counts --pgo-generate -o wrong
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (table funcref (elem $add1 $add2 $add3 $add4 $add5))
  (type $step (func (param i32) (result i32)))
  (func $add1 (type $step) (i32.add (local.get 0) (i32.const 1)))
  (func $add2 (type $step) (i32.add (local.get 0) (i32.const 2)))
  (func $add3 (type $step) (i32.add (local.get 0) (i32.const 3)))
  (func $add4 (type $step) (i32.add (local.get 0) (i32.const 4)))
  (func $add5 (type $step) (i32.add (local.get 0) (i32.const 5)))
  (func (export "_start") (local $i i32) (local $sum i32)
    (loop $again
      ;; Element 3 but for the last round, which takes element 1.
      (local.set $sum (call_indirect (type $step) (local.get $sum)
        (select (i32.const 1) (i32.const 3) (i32.eq (local.get $i) (i32.const 999)))))
      (if (i32.gt_u (local.get $i) (i32.const 5000)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    ;; 999 * 4 + 2 = 3998
    (call $proc_exit (i32.sub (local.get $sum) (i32.const 3995)))))
