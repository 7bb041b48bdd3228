;; A module that needs garbage collection is refused with the name of what is missing, and where.
(module
  (type $point (struct (field i32) (field i32)))
  (func $make (export "make") (result i32)
    (struct.get $point 0 (struct.new $point (i32.const 1) (i32.const 2)))))

;; error: `struct.new` needs the gc proposal, which is not supported yet
;;   in function `make` (index 0), at offset 0x2c
