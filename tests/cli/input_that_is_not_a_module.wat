;; RUN(1): aot compile missing.wasm
;; RUN(1): aot compile %t
;; RUN: printf '\0asm\015\0\001\0' > component.wasm
;; RUN(1): aot compile component.wasm
;; RUN: printf 'PK\003\004' > archive.zip
;; RUN(1): aot compile archive.zip
;; RUN: : > empty.wasm
;; RUN(1): aot compile empty.wasm
;; RUN(1): aot compile /bin/sh
;; RUN: printf '\0asm' > short.wasm
;; RUN(1): aot compile short.wasm
;; RUN: printf '(module\n  (func (export "f") (result i32)\n    i32.what))' > typo.wat
;; RUN(1): aot compile typo.wat --emit obj
(module)
