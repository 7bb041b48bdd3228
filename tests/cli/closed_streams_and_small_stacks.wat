;; What the shell left closed or small is no reason to fail in a strange way.
;;
;; RUN: aot compile %s -o program
;; RUN(7): ./program <&- >&- 2>&-
;; RUN(7): ulimit -s 128; ./program
;; RUN(7): ulimit -s unlimited; ./program
;; RUN(7): ulimit -n 3; ./program
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\05\00\00\00")
  (data (i32.const 16) "line\n")
  (func $deep (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7))
      (else (i32.add (i32.const 0) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $proc_exit (call $deep (i32.const 100000)))))
