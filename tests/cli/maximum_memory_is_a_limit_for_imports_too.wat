;; The runtime makes what a program imports as memory, by the import's own type.
;;
;; RUN: aot compile %s --max-memory 256K -o limited
;; RUN(4): ./limited
;; RUN(1): aot compile %s --max-memory 64K -o none
(module
  (import "env" "memory" (memory 2 10))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (export "memory" (memory 0))
  (func (export "_start")
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (call $proc_exit (memory.size))))
