;; The program prints its environment: what was granted is there, and nothing else.
;;
;; RUN: aot compile %s -o nothing
;; RUN: SECRET=1 ./nothing
;; RUN: aot inspect nothing
;; RUN: aot compile %s -o some --env GIVEN=yes --env LANG --dir .::/data:ro --dir /tmp --arg first --stack 1M
;; RUN: env -i LANG=C SECRET=1 ./some
;; RUN: aot inspect some
;; RUN: aot compile %s -o all --inherit-env --strip --listen 127.0.0.1:0
;; RUN: env -i A=1 B=2 ./all
;; RUN: aot inspect all
;; RUN: aot compile %s -o more --runtime-grants
;; RUN: env -i 'AOT_GRANTS=env=LATER=1' ./more
;; RUN: env -i 'AOT_GRANTS=env=LATER=1' ./nothing
;; RUN(1): env -i 'AOT_GRANTS=nonsense' ./more
;; RUN: aot compile %s -o missing --dir missing/folder
;; RUN(1): ./missing
;; RUN(1): aot inspect %s
;; RUN(2): aot compile %s --stack 1
;; RUN(2): aot compile %s --listen nowhere
;; RUN(2): aot compile %s --env =x
(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $at i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $get (i32.const 1024) (i32.const 8192)))
    ;; Strings end in NUL: print each with a newline in its place.
    (block $end (loop $next
      (br_if $end (i32.ge_u (local.get $at) (i32.load (i32.const 4))))
      (if (i32.eqz (i32.load8_u offset=8192 (local.get $at)))
        (then (i32.store8 offset=8192 (local.get $at) (i32.const 10))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    (i32.store (i32.const 8) (i32.const 8192))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
