;; Nothing of the machine is needed, not even a library or a device.
;;
;; RUN: aot compile %s -o program
;; RUN: mkdir empty
;; RUN: cp program empty
;; RUN: if test "$(id -u)" = 0; then chroot empty /program; else unshare -r chroot empty /program; fi
;; RUN: readelf -lW program | grep -c INTERP || true
;; RUN: readelf -lW program | grep -c 'RWE' || true
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "alone\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
