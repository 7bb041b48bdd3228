;; RUN: aot compile %s -o program
;; RUN(134): ./program
;; RUN(134): AOT_BACKTRACE=0 ./program
(module
  (memory (export "memory") 1)
  (func $parse_header (param i32) (result i32)
    (i32.load (local.get 0)))
  (func $walk (param i32) (result i32)
    (i32.add (i32.const 1) (call $parse_header (local.get 0))))
  (func (export "_start")
    (drop (call $walk (i32.const 0xfffffffc)))))
