;; The ABI of docs/ABI.md: one result, two results, and a look into linear memory.
;;
;; RUN: echo 'int triple(void *context, int x) { return 3 * x; }' > native.c
;; RUN: echo 'struct slot { _Alignas(16) int value; };' >> native.c
;; RUN: echo 'void divide(void *c, struct slot *r, int a, int b) { r[0].value = a / b; r[1].value = a % b; }' >> native.c
;; RUN: echo 'int first(void *context, unsigned at) { return *((char *)MEMORY + at); }' >> native.c
;; RUN: cc -c -O1 -ffreestanding -DMEMORY=0x10000000 native.c -o native.o
;; RUN: ar rcs libnative.a native.o
;; RUN: aot compile %s --import env.triple=triple --import env.divide=divide --import env.first=first --host-lib libnative.a --target x86_64-linux -o program
;; RUN(49): ./program
;; RUN(1): aot compile %s --import env.triple=triple --unresolved trap -o broken
;; RUN(1): aot compile %s --import env.triple=triple --host-lib missing.a --unresolved trap -o broken
;; RUN: ls -A
(module
  (import "env" "triple" (func $triple (param i32) (result i32)))
  (import "env" "divide" (func $divide (param i32 i32) (result i32 i32)))
  (import "env" "first" (func $first (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "\05")
  (func (export "_start")
    ;; 3 * 14 + 17 / 10 + 17 % 10 - 6 + 5
    (call $triple (i32.const 14))
    (call $divide (i32.const 17) (i32.const 10))
    (i32.add)
    (i32.add)
    (i32.sub (i32.const 6))
    (i32.add (call $first (i32.const 100)))
    (call $proc_exit)))
