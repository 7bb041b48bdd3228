;; RUN: aot compile %s --linker ld -o by_ld
;; RUN: ./by_ld
;; RUN: aot compile %s --linker cc -o by_cc
;; RUN: ./by_cc
;; RUN: aot compile %s --linker ld.lld -o by_lld
;; RUN: ./by_lld
;; RUN(1): aot compile %s --linker ./no-such-linker
;; RUN(1): aot compile %s --linker false
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "hello\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
