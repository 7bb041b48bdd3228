;; A trap two calls deep, the inner one without a name.
(module
  (func (param i32)
    (drop (i32.div_u (i32.const 1) (local.get 0))))
  (func (export "_start")
    (call 0 (i32.const 0))))
