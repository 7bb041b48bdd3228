;;! target = "x86_64-linux"
;;! options = "--model executable"
;;! filter = "known_"

;; `fields` loads nothing: the second store is elsewhere. `ways` gets a parameter instead of its load. `maybe` keeps its
;; load, because the pointers may be the same; so does `wraps`, because the sum may wrap and the offset may not. In
;; `wraps_not` an access that reaches further has shown that it does not.
(module
  (memory (export "memory") 1)
  (func $known_fields (export "fields") (param i32 i32) (result i32)
    (i32.store offset=8 (local.get 0) (local.get 1))
    (i32.store offset=12 (local.get 0) (i32.const 3))
    (i32.add (i32.load8_u offset=9 (local.get 0)) (i32.load offset=12 (local.get 0))))
  (func $known_ways (export "ways") (param i32 i32) (result i32)
    (if (local.get 1)
      (then (i32.store (local.get 0) (i32.const 5)))
      (else (i32.store (local.get 0) (local.get 1))))
    (i32.load (local.get 0)))
  (func $known_maybe (export "maybe") (param i32 i32) (result i32)
    (i32.store (local.get 0) (i32.const 5))
    (i32.store (local.get 1) (i32.const 6))
    (i32.load (local.get 0)))
  (func $known_wraps (export "wraps") (param i32) (result i32)
    (i32.store (i32.add (local.get 0) (i32.const 16)) (i32.const 5))
    (i32.load offset=16 (local.get 0)))
  (func $known_wraps_not (export "wraps_not") (param i32) (result i32)
    (i32.store offset=24 (local.get 0) (i32.const 4))
    (i32.store (i32.add (local.get 0) (i32.const 16)) (i32.const 5))
    (i32.load offset=16 (local.get 0))))

;; ; known_fields
;; function u0:0(i32, i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i32, v1: i32):
;;     ; @0x64  i32.store offset=8
;;     v3 = uextend.i64 v0
;;     store user2 little region0 v1, v3+0x1000_0008
;;     ; @0x69  i32.const 3
;;     v4 = iconst.i32 3
;;     ; @0x6b  i32.store offset=12
;;     store user2 little region0 v4, v3+0x1000_000c  ; v4 = 3
;;     ; @0x79  end
;;     jump block1
;;
;; block1:
;;     ; @0x70  i32.load8_u offset=9
;;     v11 = iconst.i32 8
;;     v12 = ushr.i32 v1, v11  ; v11 = 8
;;     v13 = ireduce.i8 v12
;;     v14 = uextend.i32 v13
;;     v15 = iconst.i32 3
;;     v16 = iadd v14, v15  ; v15 = 3
;;     ; @0x79  end
;;     return v16
;; }
;;
;; ; known_ways
;; function u0:1(i32, i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i32, v1: i32):
;;     ; @0x7e  if
;;     brif v1, block2, block3
;;
;; block2:
;;     ; @0x82  i32.const 5
;;     v3 = iconst.i32 5
;;     v10 = uextend.i64 v0
;;     ; @0x84  i32.store
;;     store user2 little region0 v3, v10+0x1000_0000  ; v3 = 5
;;     ; @0x87  else
;;     jump block4(v3)  ; v3 = 5
;;
;; block3:
;;     ; @0x8c  i32.store
;;     v5 = uextend.i64 v0
;;     store.i32 user2 little region0 v1, v5+0x1000_0000
;;     ; @0x8f  end
;;     jump block4(v1)
;;
;; block4(v9: i32):
;;     ; @0x95  end
;;     jump block1
;;
;; block1:
;;     ; @0x95  end
;;     return v9
;; }
;;
;; ; known_maybe
;; function u0:2(i32, i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i32, v1: i32):
;;     ; @0x9a  i32.const 5
;;     v3 = iconst.i32 5
;;     ; @0x9c  i32.store
;;     v4 = uextend.i64 v0
;;     store user2 little region0 v3, v4+0x1000_0000  ; v3 = 5
;;     ; @0xa1  i32.const 6
;;     v5 = iconst.i32 6
;;     ; @0xa3  i32.store
;;     v6 = uextend.i64 v1
;;     store user2 little region0 v5, v6+0x1000_0000  ; v5 = 6
;;     ; @0xa8  i32.load
;;     v8 = load.i32 user2 little region0 v4+0x1000_0000
;;     ; @0xab  end
;;     jump block1
;;
;; block1:
;;     ; @0xab  end
;;     return v8
;; }
;;
;; ; known_wraps
;; function u0:3(i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i32):
;;     ; @0xb3  i32.const 5
;;     v4 = iconst.i32 5
;;     ; @0xb0  i32.const 16
;;     v2 = iconst.i32 16
;;     ; @0xb2  i32.add
;;     v3 = iadd v0, v2  ; v2 = 16
;;     ; @0xb5  i32.store
;;     v5 = uextend.i64 v3
;;     store user2 little region0 v4, v5+0x1000_0000  ; v4 = 5
;;     ; @0xba  i32.load offset=16
;;     v6 = uextend.i64 v0
;;     v7 = load.i32 user2 little region0 v6+0x1000_0010
;;     ; @0xbd  end
;;     jump block1
;;
;; block1:
;;     ; @0xbd  end
;;     return v7
;; }
;;
;; ; known_wraps_not
;; function u0:4(i32) -> i32 tail {
;;     region0 = 1 "guest memory"
;;
;; block0(v0: i32):
;;     ; @0xc2  i32.const 4
;;     v2 = iconst.i32 4
;;     ; @0xc4  i32.store offset=24
;;     v3 = uextend.i64 v0
;;     store user2 little region0 v2, v3+0x1000_0018  ; v2 = 4
;;     ; @0xcc  i32.const 5
;;     v6 = iconst.i32 5
;;     ; @0xce  i32.store
;;     store user2 little region0 v6, v3+0x1000_0010  ; v6 = 5
;;     ; @0xd6  end
;;     jump block1
;;
;; block1:
;;     v10 = iconst.i32 5
;;     ; @0xd6  end
;;     return v10  ; v10 = 5
;; }
