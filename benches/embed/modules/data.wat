;; What instances are measured with: a memory of 64 KiB behind a megabyte of data. See `build.rs`, which repeats the bytes.
(module
  (memory (export "memory") 17)
  (func (export "touch") (param i32) (result i32)
    (i32.store8 (local.get 0) (i32.const 1))
    (i32.load8_u (i32.add (local.get 0) (i32.const 1))))
  (;data;)
)
