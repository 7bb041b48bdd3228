;; RUN: printf 'int triple(void *context, int x) { return 3 * x; }' > native.c
;; RUN: cc -c -O1 native.c -o native.o
;; RUN: ar rcs libnative.a native.o
;; RUN: aot compile %s --import env.triple=triple --host-lib libnative.a -o program
;; RUN(42): ./program
;; RUN(1): aot compile %s --import env.triple=triple -o broken
;; RUN(1): aot compile %s --import env.triple=triple --host-lib missing.a -o broken
;; RUN: ls -A
(module
  (import "env" "triple" (func $triple (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $proc_exit (call $triple (i32.const 14)))))
