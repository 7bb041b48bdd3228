;; Its start function uses fuel.
(module
  (func $start (local i32)
    (loop $again (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10)))))
  (start $start))
