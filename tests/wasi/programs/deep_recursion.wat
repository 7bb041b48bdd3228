;; A hundred thousand calls deep: several megabytes of stack, which is the program's own and not the process's.
(module
  (func $sum (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (local.get 0) (call $sum (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "_start")
    (if (i32.ne (call $sum (i32.const 100000)) (i32.const 705082704)) (then unreachable))))
