;; The WASI of before preview 1, whose `fd_seek` and `fd_filestat_get` number and lay out things differently: copies a file to
;; standard output, backwards by halves.
(module
  (import "wasi_unstable" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "note.txt")
  (global $file (mut i32) (i32.const 0))

  ;; A non-zero errno is the exit status, plus where.
  (func $must (param $errno i32) (param $where i32)
    (if (local.get $errno) (then (call $proc_exit (i32.add (local.get $errno) (local.get $where))))))

  ;; Writes `length` bytes from the current position.
  (func $copy (param $length i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (local.get $length))
    (call $must (call $fd_read (global.get $file) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 20))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (call $must (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 40)))

  (func (export "_start") (local $size i32)
    (call $must (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 8) (i32.const 0)
      (i64.const 0x200026) (i64.const 0) (i32.const 0) (i32.const 16)) (i32.const 60))
    (global.set $file (i32.load (i32.const 16)))
    ;; device 0, inode 8, type 16, links 20 (32 bits in this snapshot), size 24
    (call $must (call $fd_filestat_get (global.get $file) (i32.const 128)) (i32.const 80))
    (if (i32.ne (i32.load8_u (i32.const 144)) (i32.const 4)) (then (call $proc_exit (i32.const 100))))
    (if (i32.ne (i32.load (i32.const 148)) (i32.const 1)) (then (call $proc_exit (i32.const 101))))
    (local.set $size (i32.wrap_i64 (i64.load (i32.const 152))))
    ;; Here 0 is from the current position, 1 from the end, 2 from the start.
    (call $must (call $fd_seek (global.get $file) (i64.sub (i64.const 0) (i64.extend_i32_u (i32.div_u (local.get $size) (i32.const 2)))) (i32.const 1) (i32.const 32)) (i32.const 120))
    (call $copy (i32.const 500))
    (call $must (call $fd_seek (global.get $file) (i64.const 0) (i32.const 2) (i32.const 32)) (i32.const 140))
    (call $copy (i32.sub (local.get $size) (i32.div_u (local.get $size) (i32.const 2))))))
