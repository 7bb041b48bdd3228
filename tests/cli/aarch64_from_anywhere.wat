;; The same `aot` makes programs for the other architecture.
;;
;; RUN: aot compile %s --target aarch64-unknown-linux-gnu -o program
;; RUN: qemu-aarch64 ./program
;; RUN: aot compile %s --target aarch64-unknown-linux-gnu -o program --memory bounds -O0
;; RUN: qemu-aarch64 ./program
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "hello\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
