;; The number of arguments chooses a trap, after a line of output that must not be lost.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (type $nothing (func))
  (type $number (func (result i32)))
  (table $functions 4 8 funcref)
  (table $other 2 funcref)
  (elem (table $functions) (i32.const 0) func $a $b)
  (data (i32.const 100) "before\n")
  (data $gone "segment")
  (elem $dropped func $a)
  (global $x (mut i32) (i32.const 0))

  (func $a (type $nothing))
  (func $b (type $number) (i32.const 1))
  (func $endless (param $n i32) (result i32)
    (global.set $x (local.get $n))
    (i32.add (call $endless (i32.add (local.get $n) (i32.const 1))) (global.get $x)))

  (func $letter (result i32)
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.lt_u (i32.load (i32.const 0)) (i32.const 2)) (then (call $proc_exit (i32.const 9))))
    (drop (call $args_get (i32.const 8) (i32.const 1000)))
    (i32.load8_u (i32.load (i32.const 12))))

  (func $act (param $letter i32)
    (block $n (block $m (block $l (block $k (block $j (block $i (block $h (block $g (block $f (block $e (block $d (block $c (block $b (block $a
      (br_table $a $b $c $d $e $f $g $h $i $j $k $l $m $n (i32.sub (local.get $letter) (i32.const 97))))
      (unreachable)) ;; a
      (drop (i32.div_s (i32.const 1) (global.get $x))) (return)) ;; b
      (drop (i32.div_s (i32.const 0x80000000) (i32.sub (global.get $x) (i32.const 1)))) (return)) ;; c
      (drop (i32.trunc_f64_s (f64.div (f64.const 0) (f64.convert_i32_s (global.get $x))))) (return)) ;; d
      (drop (i32.trunc_f32_u (f32.const -1))) (return)) ;; e
      (drop (i32.load offset=4 (i32.sub (i32.const 65529) (global.get $x)))) (return)) ;; f
      (i64.store offset=0xffffffff (i32.const -1) (i64.const 1)) (return)) ;; g
      (memory.copy (i32.const 65530) (i32.const 0) (i32.const 7)) (return)) ;; h
      (call_indirect $functions (type $nothing) (i32.const 7)) (return)) ;; i
      (call_indirect $functions (type $nothing) (i32.const 3)) (return)) ;; j
      (call_indirect $functions (type $nothing) (i32.const 1)) (return)) ;; k
      (table.copy $other $functions (i32.const 1) (i32.const 0) (i32.const 2)) (return)) ;; l
      (data.drop $gone) (memory.init $gone (i32.const 0) (i32.const 0) (i32.const 1)) (return)) ;; m
      (drop (call $endless (i32.const 0)))) ;; n

  (func (export "_start") (local $letter i32)
    (local.set $letter (call $letter))
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 7))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $act (local.get $letter))))
