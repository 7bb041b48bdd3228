;; Ends with 0 when the standard streams say `badf` (8) to everything; opens a file and writes to all; then a trap.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "file")
  (data (i32.const 16) "leak")
  ;; Vectors: "file", "leak".
  (data (i32.const 32) "\00\00\00\00\04\00\00\00")
  (data (i32.const 48) "\10\00\00\00\04\00\00\00")
  (func $require (param $holds i32) (param $status i32)
    (if (i32.eqz (local.get $holds)) (then (call $proc_exit (local.get $status)))))
  (func (export "_start")
    ;; Creates the file, for writing.
    (call $require
      (i32.eqz (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 1)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64)))
      (i32.const 10))
    (call $require
      (i32.eqz (call $fd_write (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i32.const 68))) (i32.const 11))
    (call $require
      (i32.eq (i32.const 8) (call $fd_read (i32.const 0) (i32.const 48) (i32.const 1) (i32.const 68))) (i32.const 12))
    (call $require
      (i32.eq (i32.const 8) (call $fd_write (i32.const 1) (i32.const 48) (i32.const 1) (i32.const 68))) (i32.const 13))
    (call $require
      (i32.eq (i32.const 8) (call $fd_write (i32.const 2) (i32.const 48) (i32.const 1) (i32.const 68))) (i32.const 14))
    ;; The report goes to standard error, which there is none of.
    unreachable))
