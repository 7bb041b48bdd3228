;; The guard strategy reserves gigabytes. Where that is not possible, the program says so, and what to do about it.
;;
;; RUN: aot compile %s --memory guard -o guard
;; RUN(1): ulimit -v 1000000; ./guard
;; RUN: aot compile %s --memory bounds -o bounds
;; RUN: ulimit -v 1000000; ./bounds
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 1))))
