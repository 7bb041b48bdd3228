;; Bindings for a Rust program, and an archive that leaves the runtime to the crate `aot-embed`.
;;
;; RUN: aot compile %s --emit staticlib,rust -o plugin
;; RUN: ls
;; RUN: ar t libplugin.a
;; RUN: grep -e '^pub mod' -e '__module' -e 'fn env_' -e 'pub fn add' plugin.rs
;; RUN(2): aot compile %s --emit header,rust -o plugin
(module
  (import "env" "log" (func (param i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
