;; The 128-bit multiplication of three toolchains, byte by byte as they are found: what the compiler replaces by the machine's
;; own. Products are computed elsewhere; the last calls store beyond the end of the memory, in part or wholly.
(module
  (memory 1)
  (type $store (func (param i32 i64 i64 i64 i64)))
  (func $zig (param i32 i64 i64 i64 i64)
    (local i64)
    (i64.store offset=8
      (local.get 0)
      (i64.add
        (i64.add
          (i64.add
            (i64.add
              (i64.mul
                (local.get 4)
                (local.get 1))
              (i64.mul
                (local.get 2)
                (local.get 3)))
            (i64.mul
              (local.tee 2
                (i64.shr_u
                  (local.get 3)
                  (i64.const 32)))
              (local.tee 4
                (i64.shr_u
                  (local.get 1)
                  (i64.const 32)))))
          (i64.shr_u
            (local.tee 3
              (i64.add
                (i64.shr_u
                  (local.tee 5
                    (i64.mul
                      (local.tee 3
                        (i64.and
                          (local.get 3)
                          (i64.const 4294967295)))
                      (local.tee 1
                        (i64.and
                          (local.get 1)
                          (i64.const 4294967295)))))
                  (i64.const 32))
                (i64.mul
                  (local.get 3)
                  (local.get 4))))
            (i64.const 32)))
        (i64.shr_u
          (local.tee 1
            (i64.add
              (i64.and
                (local.get 3)
                (i64.const 4294967295))
              (i64.mul
                (local.get 2)
                (local.get 1))))
          (i64.const 32))))
    (i64.store
      (local.get 0)
      (i64.or
        (i64.shl
          (local.get 1)
          (i64.const 32))
        (i64.and
          (local.get 5)
          (i64.const 4294967295)))))
  (func $rust (param i32 i64 i64 i64 i64)
    (local i64 i64 i64 i64 i64 i64)
    (i64.store
      (local.get 0)
      (local.tee 10
        (i64.add
          (local.tee 7
            (i64.mul
              (local.tee 5
                (i64.and
                  (local.get 3)
                  (i64.const 4294967295)))
              (local.tee 6
                (i64.and
                  (local.get 1)
                  (i64.const 4294967295)))))
          (i64.shl
            (local.tee 5
              (i64.add
                (local.tee 6
                  (i64.mul
                    (local.tee 8
                      (i64.shr_u
                        (local.get 3)
                        (i64.const 32)))
                    (local.get 6)))
                (i64.mul
                  (local.get 5)
                  (local.tee 9
                    (i64.shr_u
                      (local.get 1)
                      (i64.const 32))))))
            (i64.const 32)))))
    (i64.store offset=8
      (local.get 0)
      (i64.add
        (i64.add
          (i64.add
            (i64.mul
              (local.get 8)
              (local.get 9))
            (i64.or
              (i64.shl
                (i64.extend_i32_u
                  (i64.lt_u
                    (local.get 5)
                    (local.get 6)))
                (i64.const 32))
              (i64.shr_u
                (local.get 5)
                (i64.const 32))))
          (i64.extend_i32_u
            (i64.lt_u
              (local.get 10)
              (local.get 7))))
        (i64.add
          (i64.mul
            (local.get 4)
            (local.get 1))
          (i64.mul
            (local.get 3)
            (local.get 2))))))
  (func $emscripten (param i32 i64 i64 i64 i64)
    (local i64)
    (i64.store offset=8
      (local.get 0)
      (i64.add
        (i64.add
          (i64.add
            (i64.add
              (i64.mul
                (local.get 1)
                (local.get 4))
              (i64.mul
                (local.get 2)
                (local.get 3)))
            (i64.mul
              (local.tee 4
                (i64.shr_u
                  (local.get 3)
                  (i64.const 32)))
              (local.tee 2
                (i64.shr_u
                  (local.get 1)
                  (i64.const 32)))))
          (i64.shr_u
            (local.tee 3
              (i64.add
                (i64.shr_u
                  (local.tee 5
                    (i64.mul
                      (local.tee 3
                        (i64.and
                          (local.get 3)
                          (i64.const 4294967295)))
                      (local.tee 1
                        (i64.and
                          (local.get 1)
                          (i64.const 4294967295)))))
                  (i64.const 32))
                (i64.mul
                  (local.get 2)
                  (local.get 3))))
            (i64.const 32)))
        (i64.shr_u
          (local.tee 3
            (i64.add
              (i64.mul
                (local.get 1)
                (local.get 4))
              (i64.and
                (local.get 3)
                (i64.const 4294967295))))
          (i64.const 32))))
    (i64.store
      (local.get 0)
      (i64.or
        (i64.and
          (local.get 5)
          (i64.const 4294967295))
        (i64.shl
          (local.get 3)
          (i64.const 32)))))
  (func (export "zig low") (param i64 i64 i64 i64) (result i64)
    (call $zig (i32.const 8) (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i64.load (i32.const 8)))
  (func (export "zig high") (param i64 i64 i64 i64) (result i64)
    (call $zig (i32.const 8) (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i64.load (i32.const 16)))
  (func (export "zig at") (param i32) (call $zig (local.get 0) (i64.const 2) (i64.const 3) (i64.const 5) (i64.const 7)))
  (func (export "rust low") (param i64 i64 i64 i64) (result i64)
    (call $rust (i32.const 8) (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i64.load (i32.const 8)))
  (func (export "rust high") (param i64 i64 i64 i64) (result i64)
    (call $rust (i32.const 8) (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i64.load (i32.const 16)))
  (func (export "rust at") (param i32) (call $rust (local.get 0) (i64.const 2) (i64.const 3) (i64.const 5) (i64.const 7)))
  (func (export "emscripten low") (param i64 i64 i64 i64) (result i64)
    (call $emscripten (i32.const 8) (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i64.load (i32.const 8)))
  (func (export "emscripten high") (param i64 i64 i64 i64) (result i64)
    (call $emscripten (i32.const 8) (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i64.load (i32.const 16)))
  (func (export "emscripten at") (param i32) (call $emscripten (local.get 0) (i64.const 2) (i64.const 3) (i64.const 5) (i64.const 7)))
  (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))

(assert_return (invoke "zig low" (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff)) (i64.const 0x1))
(assert_return (invoke "zig high" (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff)) (i64.const 0x0))
(assert_return (invoke "rust low" (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff)) (i64.const 0x1))
(assert_return (invoke "rust high" (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff)) (i64.const 0x0))
(assert_return (invoke "emscripten low" (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff)) (i64.const 0x1))
(assert_return (invoke "emscripten high" (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xffffffffffffffff)) (i64.const 0x0))
(assert_return (invoke "zig low" (i64.const 0x0) (i64.const 0x1) (i64.const 0x0) (i64.const 0x1)) (i64.const 0x0))
(assert_return (invoke "zig high" (i64.const 0x0) (i64.const 0x1) (i64.const 0x0) (i64.const 0x1)) (i64.const 0x0))
(assert_return (invoke "rust low" (i64.const 0x0) (i64.const 0x1) (i64.const 0x0) (i64.const 0x1)) (i64.const 0x0))
(assert_return (invoke "rust high" (i64.const 0x0) (i64.const 0x1) (i64.const 0x0) (i64.const 0x1)) (i64.const 0x0))
(assert_return (invoke "emscripten low" (i64.const 0x0) (i64.const 0x1) (i64.const 0x0) (i64.const 0x1)) (i64.const 0x0))
(assert_return (invoke "emscripten high" (i64.const 0x0) (i64.const 0x1) (i64.const 0x0) (i64.const 0x1)) (i64.const 0x0))
(assert_return (invoke "zig low" (i64.const 0xffffffffffffffff) (i64.const 0x0) (i64.const 0xffffffffffffffff) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "zig high" (i64.const 0xffffffffffffffff) (i64.const 0x0) (i64.const 0xffffffffffffffff) (i64.const 0x0)) (i64.const 0xfffffffffffffffe))
(assert_return (invoke "rust low" (i64.const 0xffffffffffffffff) (i64.const 0x0) (i64.const 0xffffffffffffffff) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "rust high" (i64.const 0xffffffffffffffff) (i64.const 0x0) (i64.const 0xffffffffffffffff) (i64.const 0x0)) (i64.const 0xfffffffffffffffe))
(assert_return (invoke "emscripten low" (i64.const 0xffffffffffffffff) (i64.const 0x0) (i64.const 0xffffffffffffffff) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "emscripten high" (i64.const 0xffffffffffffffff) (i64.const 0x0) (i64.const 0xffffffffffffffff) (i64.const 0x0)) (i64.const 0xfffffffffffffffe))
(assert_return (invoke "zig low" (i64.const 0x8000000000000000) (i64.const 0x0) (i64.const 0x2) (i64.const 0x0)) (i64.const 0x0))
(assert_return (invoke "zig high" (i64.const 0x8000000000000000) (i64.const 0x0) (i64.const 0x2) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "rust low" (i64.const 0x8000000000000000) (i64.const 0x0) (i64.const 0x2) (i64.const 0x0)) (i64.const 0x0))
(assert_return (invoke "rust high" (i64.const 0x8000000000000000) (i64.const 0x0) (i64.const 0x2) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "emscripten low" (i64.const 0x8000000000000000) (i64.const 0x0) (i64.const 0x2) (i64.const 0x0)) (i64.const 0x0))
(assert_return (invoke "emscripten high" (i64.const 0x8000000000000000) (i64.const 0x0) (i64.const 0x2) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "zig low" (i64.const 0x100000000) (i64.const 0x0) (i64.const 0x100000000) (i64.const 0x0)) (i64.const 0x0))
(assert_return (invoke "zig high" (i64.const 0x100000000) (i64.const 0x0) (i64.const 0x100000000) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "rust low" (i64.const 0x100000000) (i64.const 0x0) (i64.const 0x100000000) (i64.const 0x0)) (i64.const 0x0))
(assert_return (invoke "rust high" (i64.const 0x100000000) (i64.const 0x0) (i64.const 0x100000000) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "emscripten low" (i64.const 0x100000000) (i64.const 0x0) (i64.const 0x100000000) (i64.const 0x0)) (i64.const 0x0))
(assert_return (invoke "emscripten high" (i64.const 0x100000000) (i64.const 0x0) (i64.const 0x100000000) (i64.const 0x0)) (i64.const 0x1))
(assert_return (invoke "zig low" (i64.const 0x1) (i64.const 0xc5c7fd0a6a3a450) (i64.const 0x9531985d5d9dc9f8) (i64.const 0x8000000000000000)) (i64.const 0x9531985d5d9dc9f8))
(assert_return (invoke "zig high" (i64.const 0x1) (i64.const 0xc5c7fd0a6a3a450) (i64.const 0x9531985d5d9dc9f8) (i64.const 0x8000000000000000)) (i64.const 0xffc87b14bf99fd80))
(assert_return (invoke "rust low" (i64.const 0x1) (i64.const 0xc5c7fd0a6a3a450) (i64.const 0x9531985d5d9dc9f8) (i64.const 0x8000000000000000)) (i64.const 0x9531985d5d9dc9f8))
(assert_return (invoke "rust high" (i64.const 0x1) (i64.const 0xc5c7fd0a6a3a450) (i64.const 0x9531985d5d9dc9f8) (i64.const 0x8000000000000000)) (i64.const 0xffc87b14bf99fd80))
(assert_return (invoke "emscripten low" (i64.const 0x1) (i64.const 0xc5c7fd0a6a3a450) (i64.const 0x9531985d5d9dc9f8) (i64.const 0x8000000000000000)) (i64.const 0x9531985d5d9dc9f8))
(assert_return (invoke "emscripten high" (i64.const 0x1) (i64.const 0xc5c7fd0a6a3a450) (i64.const 0x9531985d5d9dc9f8) (i64.const 0x8000000000000000)) (i64.const 0xffc87b14bf99fd80))
(assert_return (invoke "zig low" (i64.const 0x0) (i64.const 0xd3ac94af0f21ddb6) (i64.const 0x39263059f28c105d) (i64.const 0x95e60af593bd04cf)) (i64.const 0x0))
(assert_return (invoke "zig high" (i64.const 0x0) (i64.const 0xd3ac94af0f21ddb6) (i64.const 0x39263059f28c105d) (i64.const 0x95e60af593bd04cf)) (i64.const 0x866372ebe8b0eb1e))
(assert_return (invoke "rust low" (i64.const 0x0) (i64.const 0xd3ac94af0f21ddb6) (i64.const 0x39263059f28c105d) (i64.const 0x95e60af593bd04cf)) (i64.const 0x0))
(assert_return (invoke "rust high" (i64.const 0x0) (i64.const 0xd3ac94af0f21ddb6) (i64.const 0x39263059f28c105d) (i64.const 0x95e60af593bd04cf)) (i64.const 0x866372ebe8b0eb1e))
(assert_return (invoke "emscripten low" (i64.const 0x0) (i64.const 0xd3ac94af0f21ddb6) (i64.const 0x39263059f28c105d) (i64.const 0x95e60af593bd04cf)) (i64.const 0x0))
(assert_return (invoke "emscripten high" (i64.const 0x0) (i64.const 0xd3ac94af0f21ddb6) (i64.const 0x39263059f28c105d) (i64.const 0x95e60af593bd04cf)) (i64.const 0x866372ebe8b0eb1e))
(assert_return (invoke "zig low" (i64.const 0x3898d190f9ebdacc) (i64.const 0x6b4cb2424a23d596) (i64.const 0x4ef8aa3892276658) (i64.const 0x94e3bf911a61dbe2)) (i64.const 0x5c29b7c08f547e20))
(assert_return (invoke "zig high" (i64.const 0x3898d190f9ebdacc) (i64.const 0x6b4cb2424a23d596) (i64.const 0x4ef8aa3892276658) (i64.const 0x94e3bf911a61dbe2)) (i64.const 0x677119dc0c74cfe8))
(assert_return (invoke "rust low" (i64.const 0x3898d190f9ebdacc) (i64.const 0x6b4cb2424a23d596) (i64.const 0x4ef8aa3892276658) (i64.const 0x94e3bf911a61dbe2)) (i64.const 0x5c29b7c08f547e20))
(assert_return (invoke "rust high" (i64.const 0x3898d190f9ebdacc) (i64.const 0x6b4cb2424a23d596) (i64.const 0x4ef8aa3892276658) (i64.const 0x94e3bf911a61dbe2)) (i64.const 0x677119dc0c74cfe8))
(assert_return (invoke "emscripten low" (i64.const 0x3898d190f9ebdacc) (i64.const 0x6b4cb2424a23d596) (i64.const 0x4ef8aa3892276658) (i64.const 0x94e3bf911a61dbe2)) (i64.const 0x5c29b7c08f547e20))
(assert_return (invoke "emscripten high" (i64.const 0x3898d190f9ebdacc) (i64.const 0x6b4cb2424a23d596) (i64.const 0x4ef8aa3892276658) (i64.const 0x94e3bf911a61dbe2)) (i64.const 0x677119dc0c74cfe8))
(assert_return (invoke "zig low" (i64.const 0x18f135d25f557203) (i64.const 0xf4205b4907a70c3) (i64.const 0xffffffff) (i64.const 0x8000000000000000)) (i64.const 0x46643c30a0aa8dfd))
(assert_return (invoke "zig high" (i64.const 0x18f135d25f557203) (i64.const 0xf4205b4907a70c3) (i64.const 0xffffffff) (i64.const 0x8000000000000000)) (i64.const 0x1386b0e8876c50f))
(assert_return (invoke "rust low" (i64.const 0x18f135d25f557203) (i64.const 0xf4205b4907a70c3) (i64.const 0xffffffff) (i64.const 0x8000000000000000)) (i64.const 0x46643c30a0aa8dfd))
(assert_return (invoke "rust high" (i64.const 0x18f135d25f557203) (i64.const 0xf4205b4907a70c3) (i64.const 0xffffffff) (i64.const 0x8000000000000000)) (i64.const 0x1386b0e8876c50f))
(assert_return (invoke "emscripten low" (i64.const 0x18f135d25f557203) (i64.const 0xf4205b4907a70c3) (i64.const 0xffffffff) (i64.const 0x8000000000000000)) (i64.const 0x46643c30a0aa8dfd))
(assert_return (invoke "emscripten high" (i64.const 0x18f135d25f557203) (i64.const 0xf4205b4907a70c3) (i64.const 0xffffffff) (i64.const 0x8000000000000000)) (i64.const 0x1386b0e8876c50f))
(assert_return (invoke "zig low" (i64.const 0x4cbd87ad5c90a958) (i64.const 0xc7a2ea20b2f14c94) (i64.const 0xffffffff) (i64.const 0x100000001)) (i64.const 0xfd321aaa36f56a8))
(assert_return (invoke "zig high" (i64.const 0x4cbd87ad5c90a958) (i64.const 0xc7a2ea20b2f14c94) (i64.const 0xffffffff) (i64.const 0x100000001)) (i64.const 0x949c9378f65ce471))
(assert_return (invoke "rust low" (i64.const 0x4cbd87ad5c90a958) (i64.const 0xc7a2ea20b2f14c94) (i64.const 0xffffffff) (i64.const 0x100000001)) (i64.const 0xfd321aaa36f56a8))
(assert_return (invoke "rust high" (i64.const 0x4cbd87ad5c90a958) (i64.const 0xc7a2ea20b2f14c94) (i64.const 0xffffffff) (i64.const 0x100000001)) (i64.const 0x949c9378f65ce471))
(assert_return (invoke "emscripten low" (i64.const 0x4cbd87ad5c90a958) (i64.const 0xc7a2ea20b2f14c94) (i64.const 0xffffffff) (i64.const 0x100000001)) (i64.const 0xfd321aaa36f56a8))
(assert_return (invoke "emscripten high" (i64.const 0x4cbd87ad5c90a958) (i64.const 0xc7a2ea20b2f14c94) (i64.const 0xffffffff) (i64.const 0x100000001)) (i64.const 0x949c9378f65ce471))
(assert_return (invoke "zig low" (i64.const 0x9be4bcfc49b64a08) (i64.const 0x1) (i64.const 0x8000000000000000) (i64.const 0xf646e1f40a097c97)) (i64.const 0x0))
(assert_return (invoke "zig high" (i64.const 0x9be4bcfc49b64a08) (i64.const 0x1) (i64.const 0x8000000000000000) (i64.const 0xf646e1f40a097c97)) (i64.const 0x742758eed584afbc))
(assert_return (invoke "rust low" (i64.const 0x9be4bcfc49b64a08) (i64.const 0x1) (i64.const 0x8000000000000000) (i64.const 0xf646e1f40a097c97)) (i64.const 0x0))
(assert_return (invoke "rust high" (i64.const 0x9be4bcfc49b64a08) (i64.const 0x1) (i64.const 0x8000000000000000) (i64.const 0xf646e1f40a097c97)) (i64.const 0x742758eed584afbc))
(assert_return (invoke "emscripten low" (i64.const 0x9be4bcfc49b64a08) (i64.const 0x1) (i64.const 0x8000000000000000) (i64.const 0xf646e1f40a097c97)) (i64.const 0x0))
(assert_return (invoke "emscripten high" (i64.const 0x9be4bcfc49b64a08) (i64.const 0x1) (i64.const 0x8000000000000000) (i64.const 0xf646e1f40a097c97)) (i64.const 0x742758eed584afbc))
(assert_return (invoke "zig low" (i64.const 0xffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xcc011cdd9474031b) (i64.const 0xffffffffffffffff)) (i64.const 0xc872e63d6b8bfce5))
(assert_return (invoke "zig high" (i64.const 0xffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xcc011cdd9474031b) (i64.const 0xffffffffffffffff)) (i64.const 0x33fee322378d19c2))
(assert_return (invoke "rust low" (i64.const 0xffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xcc011cdd9474031b) (i64.const 0xffffffffffffffff)) (i64.const 0xc872e63d6b8bfce5))
(assert_return (invoke "rust high" (i64.const 0xffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xcc011cdd9474031b) (i64.const 0xffffffffffffffff)) (i64.const 0x33fee322378d19c2))
(assert_return (invoke "emscripten low" (i64.const 0xffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xcc011cdd9474031b) (i64.const 0xffffffffffffffff)) (i64.const 0xc872e63d6b8bfce5))
(assert_return (invoke "emscripten high" (i64.const 0xffffffff) (i64.const 0xffffffffffffffff) (i64.const 0xcc011cdd9474031b) (i64.const 0xffffffffffffffff)) (i64.const 0x33fee322378d19c2))
(assert_return (invoke "zig low" (i64.const 0xaa05e11ab2715945) (i64.const 0xffffffffffffffff) (i64.const 0x8000000000000000) (i64.const 0x8000000000000000)) (i64.const 0x8000000000000000))
(assert_return (invoke "zig high" (i64.const 0xaa05e11ab2715945) (i64.const 0xffffffffffffffff) (i64.const 0x8000000000000000) (i64.const 0x8000000000000000)) (i64.const 0x5502f08d5938aca2))
(assert_return (invoke "rust low" (i64.const 0xaa05e11ab2715945) (i64.const 0xffffffffffffffff) (i64.const 0x8000000000000000) (i64.const 0x8000000000000000)) (i64.const 0x8000000000000000))
(assert_return (invoke "rust high" (i64.const 0xaa05e11ab2715945) (i64.const 0xffffffffffffffff) (i64.const 0x8000000000000000) (i64.const 0x8000000000000000)) (i64.const 0x5502f08d5938aca2))
(assert_return (invoke "emscripten low" (i64.const 0xaa05e11ab2715945) (i64.const 0xffffffffffffffff) (i64.const 0x8000000000000000) (i64.const 0x8000000000000000)) (i64.const 0x8000000000000000))
(assert_return (invoke "emscripten high" (i64.const 0xaa05e11ab2715945) (i64.const 0xffffffffffffffff) (i64.const 0x8000000000000000) (i64.const 0x8000000000000000)) (i64.const 0x5502f08d5938aca2))
(assert_return (invoke "zig low" (i64.const 0x0) (i64.const 0x123456789abcdef0) (i64.const 0x1) (i64.const 0x123456789abcdef0)) (i64.const 0x0))
(assert_return (invoke "zig high" (i64.const 0x0) (i64.const 0x123456789abcdef0) (i64.const 0x1) (i64.const 0x123456789abcdef0)) (i64.const 0x123456789abcdef0))
(assert_return (invoke "rust low" (i64.const 0x0) (i64.const 0x123456789abcdef0) (i64.const 0x1) (i64.const 0x123456789abcdef0)) (i64.const 0x0))
(assert_return (invoke "rust high" (i64.const 0x0) (i64.const 0x123456789abcdef0) (i64.const 0x1) (i64.const 0x123456789abcdef0)) (i64.const 0x123456789abcdef0))
(assert_return (invoke "emscripten low" (i64.const 0x0) (i64.const 0x123456789abcdef0) (i64.const 0x1) (i64.const 0x123456789abcdef0)) (i64.const 0x0))
(assert_return (invoke "emscripten high" (i64.const 0x0) (i64.const 0x123456789abcdef0) (i64.const 0x1) (i64.const 0x123456789abcdef0)) (i64.const 0x123456789abcdef0))
(assert_return (invoke "zig low" (i64.const 0x8000000000000000) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x100000001)) (i64.const 0x8000000000000000))
(assert_return (invoke "zig high" (i64.const 0x8000000000000000) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x100000001)) (i64.const 0xfffffffffffffffe))
(assert_return (invoke "rust low" (i64.const 0x8000000000000000) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x100000001)) (i64.const 0x8000000000000000))
(assert_return (invoke "rust high" (i64.const 0x8000000000000000) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x100000001)) (i64.const 0xfffffffffffffffe))
(assert_return (invoke "emscripten low" (i64.const 0x8000000000000000) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x100000001)) (i64.const 0x8000000000000000))
(assert_return (invoke "emscripten high" (i64.const 0x8000000000000000) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x100000001)) (i64.const 0xfffffffffffffffe))
(assert_return (invoke "zig low" (i64.const 0x3b1287fff52ddf5d) (i64.const 0x26bb7dbd2d1c9af0) (i64.const 0x7c26847f0316909e) (i64.const 0x482c9cbc43435cc5)) (i64.const 0xe8a489568f22b66))
(assert_return (invoke "zig high" (i64.const 0x3b1287fff52ddf5d) (i64.const 0x26bb7dbd2d1c9af0) (i64.const 0x7c26847f0316909e) (i64.const 0x482c9cbc43435cc5)) (i64.const 0x22a939820c206aa6))
(assert_return (invoke "rust low" (i64.const 0x3b1287fff52ddf5d) (i64.const 0x26bb7dbd2d1c9af0) (i64.const 0x7c26847f0316909e) (i64.const 0x482c9cbc43435cc5)) (i64.const 0xe8a489568f22b66))
(assert_return (invoke "rust high" (i64.const 0x3b1287fff52ddf5d) (i64.const 0x26bb7dbd2d1c9af0) (i64.const 0x7c26847f0316909e) (i64.const 0x482c9cbc43435cc5)) (i64.const 0x22a939820c206aa6))
(assert_return (invoke "emscripten low" (i64.const 0x3b1287fff52ddf5d) (i64.const 0x26bb7dbd2d1c9af0) (i64.const 0x7c26847f0316909e) (i64.const 0x482c9cbc43435cc5)) (i64.const 0xe8a489568f22b66))
(assert_return (invoke "emscripten high" (i64.const 0x3b1287fff52ddf5d) (i64.const 0x26bb7dbd2d1c9af0) (i64.const 0x7c26847f0316909e) (i64.const 0x482c9cbc43435cc5)) (i64.const 0x22a939820c206aa6))
(assert_return (invoke "zig low" (i64.const 0xffffffffffffffff) (i64.const 0x20203626f3fe39c0) (i64.const 0x123456789abcdef0) (i64.const 0x66237a0465e7e423)) (i64.const 0xedcba98765432110))
(assert_return (invoke "zig high" (i64.const 0xffffffffffffffff) (i64.const 0x20203626f3fe39c0) (i64.const 0x123456789abcdef0) (i64.const 0x66237a0465e7e423)) (i64.const 0xee2d17ff523f9ecc))
(assert_return (invoke "rust low" (i64.const 0xffffffffffffffff) (i64.const 0x20203626f3fe39c0) (i64.const 0x123456789abcdef0) (i64.const 0x66237a0465e7e423)) (i64.const 0xedcba98765432110))
(assert_return (invoke "rust high" (i64.const 0xffffffffffffffff) (i64.const 0x20203626f3fe39c0) (i64.const 0x123456789abcdef0) (i64.const 0x66237a0465e7e423)) (i64.const 0xee2d17ff523f9ecc))
(assert_return (invoke "emscripten low" (i64.const 0xffffffffffffffff) (i64.const 0x20203626f3fe39c0) (i64.const 0x123456789abcdef0) (i64.const 0x66237a0465e7e423)) (i64.const 0xedcba98765432110))
(assert_return (invoke "emscripten high" (i64.const 0xffffffffffffffff) (i64.const 0x20203626f3fe39c0) (i64.const 0x123456789abcdef0) (i64.const 0x66237a0465e7e423)) (i64.const 0xee2d17ff523f9ecc))
(assert_return (invoke "zig low" (i64.const 0xa260cd0b7b45145c) (i64.const 0x1) (i64.const 0x1c2442f9298cb3a5) (i64.const 0xf49c81a358ca0)) (i64.const 0xf3292f1d9f12734c))
(assert_return (invoke "zig high" (i64.const 0xa260cd0b7b45145c) (i64.const 0x1) (i64.const 0x1c2442f9298cb3a5) (i64.const 0xf49c81a358ca0)) (i64.const 0x6aaff553a15fc6c1))
(assert_return (invoke "rust low" (i64.const 0xa260cd0b7b45145c) (i64.const 0x1) (i64.const 0x1c2442f9298cb3a5) (i64.const 0xf49c81a358ca0)) (i64.const 0xf3292f1d9f12734c))
(assert_return (invoke "rust high" (i64.const 0xa260cd0b7b45145c) (i64.const 0x1) (i64.const 0x1c2442f9298cb3a5) (i64.const 0xf49c81a358ca0)) (i64.const 0x6aaff553a15fc6c1))
(assert_return (invoke "emscripten low" (i64.const 0xa260cd0b7b45145c) (i64.const 0x1) (i64.const 0x1c2442f9298cb3a5) (i64.const 0xf49c81a358ca0)) (i64.const 0xf3292f1d9f12734c))
(assert_return (invoke "emscripten high" (i64.const 0xa260cd0b7b45145c) (i64.const 0x1) (i64.const 0x1c2442f9298cb3a5) (i64.const 0xf49c81a358ca0)) (i64.const 0x6aaff553a15fc6c1))
(assert_return (invoke "zig low" (i64.const 0x19f9919c895fd7b3) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x5d39d0a89a2ef80f)) (i64.const 0xe6066e6376a0284d))
(assert_return (invoke "zig high" (i64.const 0x19f9919c895fd7b3) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x5d39d0a89a2ef80f)) (i64.const 0xcd6f134fdf1ce32e))
(assert_return (invoke "rust low" (i64.const 0x19f9919c895fd7b3) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x5d39d0a89a2ef80f)) (i64.const 0xe6066e6376a0284d))
(assert_return (invoke "rust high" (i64.const 0x19f9919c895fd7b3) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x5d39d0a89a2ef80f)) (i64.const 0xcd6f134fdf1ce32e))
(assert_return (invoke "emscripten low" (i64.const 0x19f9919c895fd7b3) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x5d39d0a89a2ef80f)) (i64.const 0xe6066e6376a0284d))
(assert_return (invoke "emscripten high" (i64.const 0x19f9919c895fd7b3) (i64.const 0x1) (i64.const 0xffffffffffffffff) (i64.const 0x5d39d0a89a2ef80f)) (i64.const 0xcd6f134fdf1ce32e))
(assert_return (invoke "zig low" (i64.const 0x8000000000000000) (i64.const 0x7bdc968b7afb2c68) (i64.const 0x100000001) (i64.const 0x43c71b9abd87a865)) (i64.const 0x8000000000000000))
(assert_return (invoke "zig high" (i64.const 0x8000000000000000) (i64.const 0x7bdc968b7afb2c68) (i64.const 0x100000001) (i64.const 0x43c71b9abd87a865)) (i64.const 0x76d7c2f3fafb2c68))
(assert_return (invoke "rust low" (i64.const 0x8000000000000000) (i64.const 0x7bdc968b7afb2c68) (i64.const 0x100000001) (i64.const 0x43c71b9abd87a865)) (i64.const 0x8000000000000000))
(assert_return (invoke "rust high" (i64.const 0x8000000000000000) (i64.const 0x7bdc968b7afb2c68) (i64.const 0x100000001) (i64.const 0x43c71b9abd87a865)) (i64.const 0x76d7c2f3fafb2c68))
(assert_return (invoke "emscripten low" (i64.const 0x8000000000000000) (i64.const 0x7bdc968b7afb2c68) (i64.const 0x100000001) (i64.const 0x43c71b9abd87a865)) (i64.const 0x8000000000000000))
(assert_return (invoke "emscripten high" (i64.const 0x8000000000000000) (i64.const 0x7bdc968b7afb2c68) (i64.const 0x100000001) (i64.const 0x43c71b9abd87a865)) (i64.const 0x76d7c2f3fafb2c68))
(assert_return (invoke "zig low" (i64.const 0x1) (i64.const 0xb0a844e52587be6b) (i64.const 0x87322e25c215a82a) (i64.const 0xffffffffffffffff)) (i64.const 0x87322e25c215a82a))
(assert_return (invoke "zig high" (i64.const 0x1) (i64.const 0xb0a844e52587be6b) (i64.const 0x87322e25c215a82a) (i64.const 0xffffffffffffffff)) (i64.const 0x24ca601ff202758d))
(assert_return (invoke "rust low" (i64.const 0x1) (i64.const 0xb0a844e52587be6b) (i64.const 0x87322e25c215a82a) (i64.const 0xffffffffffffffff)) (i64.const 0x87322e25c215a82a))
(assert_return (invoke "rust high" (i64.const 0x1) (i64.const 0xb0a844e52587be6b) (i64.const 0x87322e25c215a82a) (i64.const 0xffffffffffffffff)) (i64.const 0x24ca601ff202758d))
(assert_return (invoke "emscripten low" (i64.const 0x1) (i64.const 0xb0a844e52587be6b) (i64.const 0x87322e25c215a82a) (i64.const 0xffffffffffffffff)) (i64.const 0x87322e25c215a82a))
(assert_return (invoke "emscripten high" (i64.const 0x1) (i64.const 0xb0a844e52587be6b) (i64.const 0x87322e25c215a82a) (i64.const 0xffffffffffffffff)) (i64.const 0x24ca601ff202758d))
(assert_return (invoke "zig low" (i64.const 0x2ac34446e883a1d4) (i64.const 0x123456789abcdef0) (i64.const 0x39194242a2eddbbd) (i64.const 0x123456789abcdef0)) (i64.const 0x95b7002f3de2d584))
(assert_return (invoke "zig high" (i64.const 0x2ac34446e883a1d4) (i64.const 0x123456789abcdef0) (i64.const 0x39194242a2eddbbd) (i64.const 0x123456789abcdef0)) (i64.const 0xa0ad590f83a0a8bc))
(assert_return (invoke "rust low" (i64.const 0x2ac34446e883a1d4) (i64.const 0x123456789abcdef0) (i64.const 0x39194242a2eddbbd) (i64.const 0x123456789abcdef0)) (i64.const 0x95b7002f3de2d584))
(assert_return (invoke "rust high" (i64.const 0x2ac34446e883a1d4) (i64.const 0x123456789abcdef0) (i64.const 0x39194242a2eddbbd) (i64.const 0x123456789abcdef0)) (i64.const 0xa0ad590f83a0a8bc))
(assert_return (invoke "emscripten low" (i64.const 0x2ac34446e883a1d4) (i64.const 0x123456789abcdef0) (i64.const 0x39194242a2eddbbd) (i64.const 0x123456789abcdef0)) (i64.const 0x95b7002f3de2d584))
(assert_return (invoke "emscripten high" (i64.const 0x2ac34446e883a1d4) (i64.const 0x123456789abcdef0) (i64.const 0x39194242a2eddbbd) (i64.const 0x123456789abcdef0)) (i64.const 0xa0ad590f83a0a8bc))
(assert_return (invoke "zig low" (i64.const 0xcda6c6fdbd685167) (i64.const 0x7e26f36a8483f8b8) (i64.const 0x123456789abcdef0) (i64.const 0x1)) (i64.const 0xce5d33fdc607a290))
(assert_return (invoke "zig high" (i64.const 0xcda6c6fdbd685167) (i64.const 0x7e26f36a8483f8b8) (i64.const 0x123456789abcdef0) (i64.const 0x1)) (i64.const 0xa69c39e2ee216ea8))
(assert_return (invoke "rust low" (i64.const 0xcda6c6fdbd685167) (i64.const 0x7e26f36a8483f8b8) (i64.const 0x123456789abcdef0) (i64.const 0x1)) (i64.const 0xce5d33fdc607a290))
(assert_return (invoke "rust high" (i64.const 0xcda6c6fdbd685167) (i64.const 0x7e26f36a8483f8b8) (i64.const 0x123456789abcdef0) (i64.const 0x1)) (i64.const 0xa69c39e2ee216ea8))
(assert_return (invoke "emscripten low" (i64.const 0xcda6c6fdbd685167) (i64.const 0x7e26f36a8483f8b8) (i64.const 0x123456789abcdef0) (i64.const 0x1)) (i64.const 0xce5d33fdc607a290))
(assert_return (invoke "emscripten high" (i64.const 0xcda6c6fdbd685167) (i64.const 0x7e26f36a8483f8b8) (i64.const 0x123456789abcdef0) (i64.const 0x1)) (i64.const 0xa69c39e2ee216ea8))
(assert_return (invoke "zig low" (i64.const 0x100000001) (i64.const 0xf979d04af47aebdd) (i64.const 0x1) (i64.const 0x1)) (i64.const 0x100000001))
(assert_return (invoke "zig high" (i64.const 0x100000001) (i64.const 0xf979d04af47aebdd) (i64.const 0x1) (i64.const 0x1)) (i64.const 0xf979d04bf47aebde))
(assert_return (invoke "rust low" (i64.const 0x100000001) (i64.const 0xf979d04af47aebdd) (i64.const 0x1) (i64.const 0x1)) (i64.const 0x100000001))
(assert_return (invoke "rust high" (i64.const 0x100000001) (i64.const 0xf979d04af47aebdd) (i64.const 0x1) (i64.const 0x1)) (i64.const 0xf979d04bf47aebde))
(assert_return (invoke "emscripten low" (i64.const 0x100000001) (i64.const 0xf979d04af47aebdd) (i64.const 0x1) (i64.const 0x1)) (i64.const 0x100000001))
(assert_return (invoke "emscripten high" (i64.const 0x100000001) (i64.const 0xf979d04af47aebdd) (i64.const 0x1) (i64.const 0x1)) (i64.const 0xf979d04bf47aebde))
(assert_return (invoke "zig low" (i64.const 0xfc3947249fc2d0a1) (i64.const 0x100000001) (i64.const 0xa4a45effccb573d9) (i64.const 0x63771407e8e72789)) (i64.const 0x7a83e32cbdb02b79))
(assert_return (invoke "zig high" (i64.const 0xfc3947249fc2d0a1) (i64.const 0x100000001) (i64.const 0xa4a45effccb573d9) (i64.const 0x63771407e8e72789)) (i64.const 0xff5a1bea3bb382ef))
(assert_return (invoke "rust low" (i64.const 0xfc3947249fc2d0a1) (i64.const 0x100000001) (i64.const 0xa4a45effccb573d9) (i64.const 0x63771407e8e72789)) (i64.const 0x7a83e32cbdb02b79))
(assert_return (invoke "rust high" (i64.const 0xfc3947249fc2d0a1) (i64.const 0x100000001) (i64.const 0xa4a45effccb573d9) (i64.const 0x63771407e8e72789)) (i64.const 0xff5a1bea3bb382ef))
(assert_return (invoke "emscripten low" (i64.const 0xfc3947249fc2d0a1) (i64.const 0x100000001) (i64.const 0xa4a45effccb573d9) (i64.const 0x63771407e8e72789)) (i64.const 0x7a83e32cbdb02b79))
(assert_return (invoke "emscripten high" (i64.const 0xfc3947249fc2d0a1) (i64.const 0x100000001) (i64.const 0xa4a45effccb573d9) (i64.const 0x63771407e8e72789)) (i64.const 0xff5a1bea3bb382ef))
(assert_return (invoke "zig low" (i64.const 0x1) (i64.const 0xa2c68e45ca04c79f) (i64.const 0x100000001) (i64.const 0x66c1494e7691b06f)) (i64.const 0x100000001))
(assert_return (invoke "zig high" (i64.const 0x1) (i64.const 0xa2c68e45ca04c79f) (i64.const 0x100000001) (i64.const 0x66c1494e7691b06f)) (i64.const 0xd38c9f334096780e))
(assert_return (invoke "rust low" (i64.const 0x1) (i64.const 0xa2c68e45ca04c79f) (i64.const 0x100000001) (i64.const 0x66c1494e7691b06f)) (i64.const 0x100000001))
(assert_return (invoke "rust high" (i64.const 0x1) (i64.const 0xa2c68e45ca04c79f) (i64.const 0x100000001) (i64.const 0x66c1494e7691b06f)) (i64.const 0xd38c9f334096780e))
(assert_return (invoke "emscripten low" (i64.const 0x1) (i64.const 0xa2c68e45ca04c79f) (i64.const 0x100000001) (i64.const 0x66c1494e7691b06f)) (i64.const 0x100000001))
(assert_return (invoke "emscripten high" (i64.const 0x1) (i64.const 0xa2c68e45ca04c79f) (i64.const 0x100000001) (i64.const 0x66c1494e7691b06f)) (i64.const 0xd38c9f334096780e))
(assert_return (invoke "zig low" (i64.const 0x28aaca51b98c67c2) (i64.const 0xffffffff) (i64.const 0x1) (i64.const 0xeffddeeaa842bc19)) (i64.const 0x28aaca51b98c67c2))
(assert_return (invoke "zig high" (i64.const 0x28aaca51b98c67c2) (i64.const 0xffffffff) (i64.const 0x1) (i64.const 0xeffddeeaa842bc19)) (i64.const 0x3522d3dd4aec99f1))
(assert_return (invoke "rust low" (i64.const 0x28aaca51b98c67c2) (i64.const 0xffffffff) (i64.const 0x1) (i64.const 0xeffddeeaa842bc19)) (i64.const 0x28aaca51b98c67c2))
(assert_return (invoke "rust high" (i64.const 0x28aaca51b98c67c2) (i64.const 0xffffffff) (i64.const 0x1) (i64.const 0xeffddeeaa842bc19)) (i64.const 0x3522d3dd4aec99f1))
(assert_return (invoke "emscripten low" (i64.const 0x28aaca51b98c67c2) (i64.const 0xffffffff) (i64.const 0x1) (i64.const 0xeffddeeaa842bc19)) (i64.const 0x28aaca51b98c67c2))
(assert_return (invoke "emscripten high" (i64.const 0x28aaca51b98c67c2) (i64.const 0xffffffff) (i64.const 0x1) (i64.const 0xeffddeeaa842bc19)) (i64.const 0x3522d3dd4aec99f1))
(assert_return (invoke "zig low" (i64.const 0x8c5c715f8c74fc1e) (i64.const 0xcca2a92b03a56cc1) (i64.const 0x1) (i64.const 0xdf2a8b79fc8e80b3)) (i64.const 0x8c5c715f8c74fc1e))
(assert_return (invoke "zig high" (i64.const 0x8c5c715f8c74fc1e) (i64.const 0xcca2a92b03a56cc1) (i64.const 0x1) (i64.const 0xdf2a8b79fc8e80b3)) (i64.const 0x82543a741824b5bb))
(assert_return (invoke "rust low" (i64.const 0x8c5c715f8c74fc1e) (i64.const 0xcca2a92b03a56cc1) (i64.const 0x1) (i64.const 0xdf2a8b79fc8e80b3)) (i64.const 0x8c5c715f8c74fc1e))
(assert_return (invoke "rust high" (i64.const 0x8c5c715f8c74fc1e) (i64.const 0xcca2a92b03a56cc1) (i64.const 0x1) (i64.const 0xdf2a8b79fc8e80b3)) (i64.const 0x82543a741824b5bb))
(assert_return (invoke "emscripten low" (i64.const 0x8c5c715f8c74fc1e) (i64.const 0xcca2a92b03a56cc1) (i64.const 0x1) (i64.const 0xdf2a8b79fc8e80b3)) (i64.const 0x8c5c715f8c74fc1e))
(assert_return (invoke "emscripten high" (i64.const 0x8c5c715f8c74fc1e) (i64.const 0xcca2a92b03a56cc1) (i64.const 0x1) (i64.const 0xdf2a8b79fc8e80b3)) (i64.const 0x82543a741824b5bb))
(assert_return (invoke "zig at" (i32.const 65520)))
(assert_return (invoke "load" (i32.const 65528)) (i64.const 29))
(assert_trap (invoke "zig at" (i32.const 65521)) "out of bounds memory access")
(assert_trap (invoke "zig at" (i32.const 65528)) "out of bounds memory access")
(assert_trap (invoke "zig at" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "zig at" (i32.const -16)) "out of bounds memory access")
(assert_return (invoke "rust at" (i32.const 65520)))
(assert_return (invoke "load" (i32.const 65528)) (i64.const 29))
(assert_trap (invoke "rust at" (i32.const 65521)) "out of bounds memory access")
(assert_trap (invoke "rust at" (i32.const 65528)) "out of bounds memory access")
(assert_trap (invoke "rust at" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "rust at" (i32.const -16)) "out of bounds memory access")
(assert_return (invoke "emscripten at" (i32.const 65520)))
(assert_return (invoke "load" (i32.const 65528)) (i64.const 29))
(assert_trap (invoke "emscripten at" (i32.const 65521)) "out of bounds memory access")
(assert_trap (invoke "emscripten at" (i32.const 65528)) "out of bounds memory access")
(assert_trap (invoke "emscripten at" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "emscripten at" (i32.const -16)) "out of bounds memory access")
