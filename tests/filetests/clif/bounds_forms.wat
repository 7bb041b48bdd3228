;;! options = "--model library --memory bounds"
;;! filter = "form"

;; The forms of a bounds check: none where the index is a constant below the minimum, the plain compare for one byte
;; at offset 0, compare with what is left for small offsets, and a trap where nothing can be in bounds.
(module
  (memory (export "memory") 1)
  (func $form_constant (export "constant") (result i32)
    i32.const 1024
    i32.load)
  (func $form_byte (export "byte") (param i32) (result i32)
    local.get 0
    i32.load8_u)
  (func $form_field (export "field") (param i32) (result i32)
    local.get 0
    i32.load offset=12)
  (func $form_huge (export "huge") (param i32) (result i32)
    local.get 0
    i32.load offset=0xffffffff))

;; ; form_constant
;; function u0:0(i64) -> i32 tail {
;;     region0 = 1 "guest memory"
;;     region1 = 262144 "memory header"
;;
;; block0(v0: i64):
;;     ; @0x52  i32.const 1024
;;     v2 = iconst.i32 1024
;;     ; @0x55  i32.load
;;     v3 = uextend.i64 v2  ; v2 = 1024
;;     v4 = load.i64 notrap aligned region1 v0+64
;;     v5 = iadd v4, v3
;;     v6 = load.i32 notrap little region0 v5
;;     ; @0x58  end
;;     jump block1(v6)
;;
;; block1(v1: i32):
;;     ; @0x58  end
;;     return v1
;; }
;;
;; ; form_byte
;; function u0:1(i64, i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;     region1 = 262144 "memory header"
;;
;; block0(v0: i64, v1: i32):
;;     ; @0x5d  i32.load8_u
;;     v3 = uextend.i64 v1
;;     v4 = load.i64 notrap aligned region1 v0+72
;;     v5 = icmp uge v3, v4
;;     trapnz v5, user2
;;     v6 = load.i64 notrap aligned region1 v0+64
;;     v7 = iadd v6, v3
;;     v8 = uload8.i32 user2 little region0 v7
;;     ; @0x60  end
;;     jump block1(v8)
;;
;; block1(v2: i32):
;;     ; @0x60  end
;;     return v2
;; }
;;
;; ; form_field
;; function u0:2(i64, i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;     region1 = 262144 "memory header"
;;
;; block0(v0: i64, v1: i32):
;;     ; @0x65  i32.load offset=12
;;     v3 = uextend.i64 v1
;;     v4 = load.i64 notrap aligned region1 v0+72
;;     v5 = icmp uge v3, v4
;;     trapnz v5, user2
;;     v6 = load.i64 notrap aligned region1 v0+64
;;     v7 = iadd v6, v3
;;     v8 = load.i32 user2 little region0 v7+12
;;     ; @0x68  end
;;     jump block1(v8)
;;
;; block1(v2: i32):
;;     ; @0x68  end
;;     return v2
;; }
;;
;; ; form_huge
;; function u0:3(i64, i32) -> i32 tail {
;; block0(v0: i64, v1: i32):
;;     ; @0x6d  i32.load offset=4294967295
;;     trap user2
;; }
