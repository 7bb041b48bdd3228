;; Every kind of thing that a module defines, as the first stage understands it.
(module $sample
  (type $binary (func (param i32 i32) (result i32)))
  (rec (type $a (func (param (ref null $b)))) (type $b (func (param (ref null $a)))))
  (import "host" "f" (func $f (type $binary)))
  (import "host" "g" (global $g i32))
  (memory $m 1 2)
  (memory $m64 i64 1)
  (table $t 2 4 funcref)
  (global $folded i64 (i64.add (i64.const 40) (i64.const 2)))
  (global $computed i32 (global.get $g))
  (elem (table $t) (i32.const 0) func $add)
  (data (memory $m) (i32.const 8) "hello")
  (data "passive")
  (start $begin)
  (func $begin)
  (func $add (export "add") (type $binary) (i32.add (local.get 0) (local.get 1)))
  (export "memory" (memory $m)))

;; module "sample"
;; type 0: func (i32, i32) -> (i32), hash 456796ac…
;; type 1: func ((ref null 2)) -> (), hash 948a041b…
;; type 2: func ((ref null 1)) -> (), hash 2eadb5b6…
;; type 3: func () -> (), hash b51af875…
;; import 0: "host"."f" func 0
;; import 1: "host"."g" global 0
;; func 0: type 0, imported, symbol f
;; func 1: type 3, 1 operators in 2 bytes at 0x7e, symbol begin
;; func 2: type 0, 4 operators in 7 bytes at 0x81, referenced, symbol add
;; table 0: 2..=4 (ref null func)
;; memory 0: 1..=2
;; memory 1: i64 1..
;; global 0: i32, imported
;; global 1: i64 = 42
;; global 2: i32 = code 23 00 0b
;; export "add": func 2
;; export "memory": memory 0
;; start: func 1
;; elem 0: table 0 at 0, (ref null func) [2]
;; data 0: memory 0 at 8, 5 bytes "hello"
;; data 1: passive, 7 bytes "passive"
