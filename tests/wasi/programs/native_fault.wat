;; Calls `memcpy` of the runtime as if it were a function of WebAssembly: it reads at address 8.
(module
  (import "env" "fault" (func $fault (param i64 i64)))
  (func (export "_start")
    (call $fault (i64.const 8) (i64.const 64))))
