;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "dispatch"

;; `call_indirect` through a table that nothing writes: a bounds check, a load of the reference, and the type check,
;; which also finds null.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table $operations 4 4 funcref)
  (elem (table $operations) (i32.const 0) func $add $subtract)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $subtract (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $dispatch (export "dispatch") (param i32 i32 i32) (result i32)
    (call_indirect $operations (type $binary) (local.get 0) (local.get 1) (local.get 2))))

;; dispatch:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  r11d, edx                                    ; @0x5a
;;      7  cmp  r11, 4
;;      b  jae  0x3e
;;     11  lea  rax, [rip]                                   ; aot_context
;;     18  mov  rax, qword ptr [rax + 0x40]
;;     1c  mov  rax, qword ptr [rax + r11*8]
;;     20  mov  rcx, qword ptr [rax + 0x10]                  ; trap: uninitialized element
;;     24  lea  rdx, [rip]                                   ; aot_type_456796ac47b88033c7cfd00e05574dca1b5dd593
;;     2b  cmp  rcx, rdx
;;     2e  jne  0x40
;;     34  mov  rax, qword ptr [rax]
;;     37  call  rax
;;     39  mov  rsp, rbp                                     ; @0x5d
;;     3c  pop  rbp
;;     3d  ret
;;     3e  ud2                                               ; @0x5a, trap: undefined element
;;     40  ud2                                               ; trap: indirect call type mismatch
