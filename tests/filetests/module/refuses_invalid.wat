;; An invalid module is refused with the function and the offset.
(module
  (func $wrong (export "wrong") (result i32)
    (i64.const 1)))

;; error: type mismatch: expected i32, found i64
;;   in function `wrong` (index 0), at offset 0x25
