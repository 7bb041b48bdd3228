;; The module may grow to 10 pages; the flag allows 4.
;;
;; RUN: aot compile %s -o free
;; RUN(10): ./free
;; RUN: aot compile %s --max-memory 256K -o limited
;; RUN(4): ./limited
;; RUN: aot compile %s --max-memory 256K --memory bounds -o checked
;; RUN(4): ./checked
;; RUN(1): aot compile %s --max-memory 1 -o none
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 10)
  (func (export "_start")
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (call $proc_exit (memory.size))))
