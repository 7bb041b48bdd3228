;; The program's arguments follow the module; its status is ours.
;;
;; RUN(7): aot run %s
;; RUN(7): aot run %s --stage anything
;; RUN(1): aot run missing.wasm
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $proc_exit (i32.const 7))))
