;; RUN(1): aot compile %s
;; RUN(1): aot compile %s --import env.log=trap
;; RUN: aot compile %s --import env.*=zero --import a.b.c=trap -o bound
;; RUN: ./bound
;; RUN: aot compile %s --unresolved trap -o trapping
;; RUN: aot compile %s --unresolved trap --import nobody.knows=zero -o warned
;; RUN: aot compile %s --unresolved trap --import nobody.knows=zero -o quiet -q
;; RUN(2): aot compile %s --import env=trap
;; RUN(2): aot compile %s --import env.log
(module
  (import "env" "log" (func $log (param i32)))
  (import "env" "now" (func $now (result i64)))
  (import "a.b" "c" (func))
  (func (export "_start")
    (call $log (i32.const 7))
    (if (i64.ne (call $now) (i64.const 0)) (then unreachable))))
