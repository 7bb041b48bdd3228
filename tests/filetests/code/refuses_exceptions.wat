;; A module that needs exceptions is refused with the name of what is missing, and where.
(module
  (tag $error (param i32))
  (func $fail (export "fail") (param i32)
    (throw $error (local.get 0))))

;; error: `throw` needs the exceptions proposal, which is not supported yet
;;   in function `fail` (index 0), at offset 0x29
