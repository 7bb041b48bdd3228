;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard --root sum"
;;! filter = "sum"

;; A function of one load is taken in wherever it is called, with its caller's arguments; one of a few operators is taken in
;; because the call is in a loop. Offsets after `@` are those of the bodies that operators were in.
(module
  (memory 1)
  (func $byte (param $at i32) (result i32) (i32.load8_u (local.get $at)))
  (func $mix (param $hash i32) (param $value i32) (result i32)
    (i32.mul
      (i32.xor
        (i32.shl (local.get $hash) (i32.const 7))
        (i32.xor (i32.shr_u (local.get $hash) (i32.const 3)) (i32.add (local.get $value) (i32.clz (local.get $hash)))))
      (i32.add (i32.popcnt (local.get $value)) (i32.rotl (local.get $hash) (local.get $value)))))
  (func (export "sum") (param $at i32) (result i32) (local $hash i32)
    (loop $again
      (local.set $hash (call $mix (local.get $hash) (call $byte (local.get $at))))
      (br_if $again (local.tee $at (i32.sub (local.get $at) (i32.const 1)))))
    local.get $hash))

;; sum:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  esi, esi
;;      6  mov  edx, edi
;;      8  movzx  rcx, byte ptr [rdx + 0x10000000]           ; @0x31, trap: out of bounds memory access
;;     10  sub  edx, 1
;;     13  mov  rax, rsi
;;     16  shl  eax, 7
;;     19  mov  rdi, rsi
;;     1c  shr  edi, 3
;;     1f  mov  r9, 0xffffffffffffffff                       ; @0x45
;;     26  bsr  r8d, esi
;;     2a  cmove  r8d, r9d
;;     2e  mov  r9d, 0x1f
;;     34  sub  r9d, r8d
;;     37  lea  r8d, [rcx + r9]                              ; @0x46
;;     3b  xor  edi, r8d                                     ; @0x47
;;     3e  xor  eax, edi                                     ; @0x48
;;     40  popcnt  edi, ecx                                  ; @0x4b
;;     44  rol  esi, cl                                      ; @0x50
;;     46  lea  ecx, [rdi + rsi]                             ; @0x51
;;     49  imul  eax, ecx                                    ; @0x52
;;     4c  test  edx, edx                                    ; @0x6b
;;     4e  je  0x5c
;;     54  mov  rsi, rax
;;     57  jmp  8
;;     5c  mov  rsp, rbp                                     ; @0x70
;;     5f  pop  rbp
;;     60  ret
