;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard --disable byte-loops"
;;! filter = "way_"

;; The loop leaves by two ways for the same block, one of which has something to move: that stands behind the function, and
;; what goes on falls through. The zero, which only that way wants, is not made in each round.
(module
  (memory (export "memory") 1)
  (func $way_two (export "two") (param $p i32) (param $left i32) (result i32)
    (local $found i32)
    (block $out
      (loop $next
        (local.set $found (i32.const 0))
        (br_if $out (i32.eqz (local.get $left)))
        (local.set $found (i32.load8_u (local.get $p)))
        (br_if $out (i32.eq (local.get $found) (i32.const 37)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br $next)))
    (local.get $found)))

;; way_two:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  edi, edi
;;      6  test  esi, esi                                    ; @0x3e
;;      8  je  0x37
;;      e  movzx  rax, byte ptr [rdi + 0x10000000]           ; @0x42, trap: out of bounds memory access
;;     16  cmp  eax, 0x25                                    ; @0x4c
;;     19  je  0x2d
;;     1f  sub  esi, 1
;;     22  add  edi, 1
;;     28  jmp  6                                            ; @0x5c
;;     2d  mov  rsp, rbp                                     ; @0x62
;;     30  pop  rbp
;;     31  ret
;;     32  jmp  0x2d
;;     37  xor  eax, eax
;;     39  jmp  0x2d
