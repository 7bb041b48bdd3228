;; The README's first program: writes a line, exits.
;;
;; RUN: aot compile %s
;; RUN: ./hello
;; RUN: aot compile %s -o small -Os --strip
;; RUN: ./small
;; RUN: aot compile %s -o checked -O0 --memory bounds
;; RUN: ./checked
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\0e\00\00\00")
  (data (i32.const 16) "hello, native\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
