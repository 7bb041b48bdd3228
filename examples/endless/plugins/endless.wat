;; Never ends, and counts how far it gets.
(module
  (global $count (export "count") (mut i64) (i64.const 0))
  (func (export "run")
    (loop $for_ever
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      (br $for_ever))))
