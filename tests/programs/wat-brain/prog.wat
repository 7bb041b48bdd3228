;; An interpreter for the language of eight commands, with one wide br_table. Standard input holds the program, `!`, and its
;; input. Brackets are matched first; a run of `+` or `>` is one step. Status 2: unbalanced brackets.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 8)
  ;; 0: vectors; 0x100: output buffer; 0x10000: source; 0x20000: matching brackets, 4 bytes each; 0x60000: tape.
  (global $source i32 (i32.const 0x10000))
  (global $match i32 (i32.const 0x20000))
  (global $tape i32 (i32.const 0x60000))
  (global $length (mut i32) (i32.const 0))
  (global $buffered (mut i32) (i32.const 0))
  (global $input (mut i32) (i32.const 0))

  (func $flush
    (i32.store (i32.const 0) (i32.const 0x100))
    (i32.store (i32.const 4) (global.get $buffered))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $proc_exit (i32.const 5))))
    (global.set $buffered (i32.const 0)))

  (func $put (param $byte i32)
    (i32.store8 offset=0x100 (global.get $buffered) (local.get $byte))
    (global.set $buffered (i32.add (global.get $buffered) (i32.const 1)))
    (if (i32.eq (global.get $buffered) (i32.const 512)) (then (call $flush))))

  ;; Reads all of standard input behind the source pointer.
  (func $read_all
    (loop $more
      (i32.store (i32.const 0) (i32.add (global.get $source) (global.get $length)))
      (i32.store (i32.const 4) (i32.sub (i32.const 0xffff) (global.get $length)))
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $proc_exit (i32.const 5))))
      (global.set $length (i32.add (global.get $length) (i32.load (i32.const 8))))
      (br_if $more (i32.load (i32.const 8)))))

  ;; Fills in the matches by recursion: returns the index of the bracket that closes this level, or of the end.
  (func $brackets (param $at i32) (param $depth i32) (result i32)
    (local $byte i32) (local $close i32)
    (loop $next (result i32)
      (if (i32.ge_u (local.get $at) (global.get $length)) (then (return (local.get $at))))
      (local.set $byte (i32.load8_u (i32.add (global.get $source) (local.get $at))))
      (if (i32.eq (local.get $byte) (i32.const 33)) (then (return (local.get $at))))
      (if (i32.eq (local.get $byte) (i32.const 93)) (then
        (if (i32.eqz (local.get $depth)) (then (call $proc_exit (i32.const 2))))
        (return (local.get $at))))
      (if (i32.eq (local.get $byte) (i32.const 91)) (then
        (local.set $close (call $brackets (i32.add (local.get $at) (i32.const 1)) (i32.add (local.get $depth) (i32.const 1))))
        (if (i32.ne (i32.load8_u (i32.add (global.get $source) (local.get $close))) (i32.const 93))
          (then (call $proc_exit (i32.const 2))))
        (i32.store (i32.add (global.get $match) (i32.shl (local.get $at) (i32.const 2))) (local.get $close))
        (i32.store (i32.add (global.get $match) (i32.shl (local.get $close) (i32.const 2))) (local.get $at))
        (local.set $at (local.get $close))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))

  (func $run (param $end i32)
    (local $at i32) (local $cell i32) (local $byte i32) (local $count i32)
    (local.set $cell (global.get $tape))
    (loop $step
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return)))
      (local.set $byte (i32.load8_u (i32.add (global.get $source) (local.get $at))))
      ;; How often the command stands here in a row.
      (local.set $count (i32.const 0))
      (loop $same
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br_if $same (i32.eq (i32.load8_u (i32.add (global.get $source) (i32.add (local.get $at) (local.get $count)))) (local.get $byte))))
      (block $done
        (block $close (block $open (block $right (block $left (block $dot (block $comma (block $minus (block $plus
          (br_table $plus $comma $minus $dot ;; + , - .
            $done $done $done $done $done $done $done $done $done $done $done $done $done ;; / to ;
            $left $done $right ;; < = >
            $done $done $done $done $done $done $done $done $done $done $done $done $done $done
            $done $done $done $done $done $done $done $done $done $done $done $done $done $done
            $open $done $close ;; [ \ ]
            $done
            (i32.sub (local.get $byte) (i32.const 43))))
          (i32.store8 (local.get $cell) (i32.add (i32.load8_u (local.get $cell)) (local.get $count)))
          (local.set $at (i32.add (local.get $at) (i32.sub (local.get $count) (i32.const 1))))
          (br $done))
          (i32.store8 (local.get $cell) (i32.sub (i32.load8_u (local.get $cell)) (local.get $count)))
          (local.set $at (i32.add (local.get $at) (i32.sub (local.get $count) (i32.const 1))))
          (br $done))
          (if (i32.lt_u (global.get $input) (global.get $length)) (then
            (i32.store8 (local.get $cell) (i32.load8_u (i32.add (global.get $source) (global.get $input))))
            (global.set $input (i32.add (global.get $input) (i32.const 1))))
          (else (i32.store8 (local.get $cell) (i32.const 0))))
          (br $done))
          (call $put (i32.load8_u (local.get $cell)))
          (br $done))
          (local.set $cell (i32.sub (local.get $cell) (local.get $count)))
          (local.set $at (i32.add (local.get $at) (i32.sub (local.get $count) (i32.const 1))))
          (br $done))
          (local.set $cell (i32.add (local.get $cell) (local.get $count)))
          (local.set $at (i32.add (local.get $at) (i32.sub (local.get $count) (i32.const 1))))
          (br $done))
          (if (i32.eqz (i32.load8_u (local.get $cell))) (then
            (local.set $at (i32.load (i32.add (global.get $match) (i32.shl (local.get $at) (i32.const 2)))))))
          (br $done))
        (if (i32.load8_u (local.get $cell)) (then
          (local.set $at (i32.load (i32.add (global.get $match) (i32.shl (local.get $at) (i32.const 2))))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $step)))

  (func (export "_start") (local $end i32)
    (call $read_all)
    (local.set $end (call $brackets (i32.const 0) (i32.const 0)))
    (global.set $input (i32.add (local.get $end) (i32.const 1)))
    (call $run (local.get $end))
    (call $flush)))
