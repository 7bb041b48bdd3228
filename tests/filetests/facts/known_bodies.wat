;;! options = "--model executable --root run"

;; The 128-bit multiplication of clang's support library is known by its bytes. Its neighbour differs in one operator, and
;; proves nothing.
(module
  (memory 1)
  (func $product (param i32 i64 i64 i64 i64) (local i64)
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
  (func $other (param i32 i64 i64 i64 i64) (local i64)
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
      (i64.xor
        (i64.shl
          (local.get 1)
          (i64.const 32))
        (i64.and
          (local.get 5)
          (i64.const 4294967295)))))
  (func (export "run")
    (call $product (i32.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4))
    (call $other (i32.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4))))

;; facts: 3 of 3 functions are reachable
;; func 0: no tail calls
;; func 1: no tail calls
;; func 2: no tail calls
;; func 0: known as Multiply128
;; func 0: all calls are replaced by its body
;; func 1: calls in loops are replaced by its body
;; func 2: all calls are replaced by its body
;; memory 0: always 1 pages
