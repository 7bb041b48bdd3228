;; RUN: aot dump %s --stage module
;; RUN: aot dump %s --stage facts
;; RUN: aot dump %s --stage clif --function double
;; RUN: aot dump %s --stage opt --function double
;; RUN: aot dump %s --stage code --function double --target x86_64-linux
;; RUN: aot dump %s --stage code --function double --target aarch64-linux
(module
  (func $double (export "double") (param i32) (result i32)
    (i32.add (local.get 0) (local.get 0)))
  (func $other (export "other")))
