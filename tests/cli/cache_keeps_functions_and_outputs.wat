;; The cache never changes what comes out.
;;
;; RUN: aot compile %s --cache -o one
;; RUN: aot compile %s --cache -o two
;; RUN: aot compile %s -o three
;; RUN: cmp one two && cmp one three && ./two
;; RUN: aot compile %s --cache --emit obj -o one.o
;; RUN: aot compile %s --emit obj -o two.o
;; RUN: cmp one.o two.o && echo the same
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $status (result i32) (i32.load (i32.const 4)))
  (func (export "_start") (call $proc_exit (call $status))))
