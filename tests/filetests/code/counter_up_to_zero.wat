;;! options = "--model executable"
;;! filter = "sum"

;; What compilers make of a loop over an array of known length: the counter is negative, and pointer and counter always wrap around
;; to the element. Extended by its sign, the counter is an index as any other. In `$may_wrap` the pointer is too small for
;; that to be certain, and the sum is one of 32 bits.
(module
  (memory (export "memory") 2)
  (func $sum (export "sum") (result i32) (local $pointer i32) (local $counter i32) (local $sum i32)
    (local.set $pointer (i32.const 65536))
    (loop $rows
      (local.set $counter (i32.const -400))
      (loop $next
        (local.set $sum (i32.add (local.get $sum)
          (i32.load (i32.add (i32.add (local.get $pointer) (local.get $counter)) (i32.const 400)))))
        (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
      (br_if $rows (i32.ne (local.tee $pointer (i32.add (local.get $pointer) (i32.const 400))) (i32.const 69536))))
    (local.get $sum))
  (func $sum_may_wrap (export "sum_may_wrap") (result i32) (local $pointer i32) (local $counter i32) (local $sum i32)
    (local.set $pointer (i32.const 8))
    (loop $rows
      (local.set $counter (i32.const -400))
      (loop $next
        (local.set $sum (i32.add (local.get $sum)
          (i32.load (i32.add (i32.add (local.get $pointer) (local.get $counter)) (i32.const 400)))))
        (br_if $next (local.tee $counter (i32.add (local.get $counter) (i32.const 4)))))
      (br_if $rows (i32.ne (local.tee $pointer (i32.add (local.get $pointer) (i32.const 400))) (i32.const 4008))))
    (local.get $sum)))

;; sum:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  eax, eax
;;      6  mov  esi, 0x10000
;;      b  mov  edi, 0xfffffe70
;;     10  movsxd  rcx, edi                                  ; @0x5c
;;     13  mov  ecx, dword ptr [rsi + rcx + 0x10000190]      ; trap: out of bounds memory access
;;     1a  add  edi, 4
;;     20  add  eax, ecx                                     ; @0x5f
;;     22  test  edi, edi                                    ; @0x69
;;     24  jne  0x10
;;     2a  add  esi, 0x190
;;     30  cmp  rsi, 0x10fa0                                 ; @0x79
;;     37  jne  0xb
;;     3d  mov  rsp, rbp                                     ; @0x7e
;;     40  pop  rbp
;;     41  ret
;;
;; sum_may_wrap:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  eax, eax
;;      6  mov  esi, 8                                       ; @0x83
;;      b  mov  edi, 0xfffffe70
;;     10  lea  ecx, [rsi + rdi + 0x190]
;;     17  mov  ecx, dword ptr [rcx + 0x10000000]            ; @0x9b, trap: out of bounds memory access
;;     1d  add  edi, 4
;;     23  add  eax, ecx                                     ; @0x9e
;;     25  test  edi, edi                                    ; @0xa8
;;     27  jne  0x10
;;     2d  add  esi, 0x190
;;     33  cmp  rsi, 0xfa8                                   ; @0xb7
;;     3a  jne  0xb
;;     40  mov  rsp, rbp                                     ; @0xbc
;;     43  pop  rbp
;;     44  ret
