;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "dispatch"

;; The module sets an element of the table: nothing is known about it, and calls go through references, whose type check
;; also finds null.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table $operations 4 4 funcref)
  (elem (table $operations) (i32.const 0) func $add $subtract)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $subtract (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func (export "set") (table.set $operations (i32.const 0) (ref.func $add)))
  (func $dispatch (export "dispatch") (param i32 i32 i32) (result i32)
    (call_indirect $operations (type $binary) (local.get 0) (local.get 1) (local.get 2))))

;; dispatch:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  r11, [rip]                                   ; @0x6d, aot_context
;;      b  mov  eax, edx
;;      d  cmp  rax, qword ptr [r11 + 0x48]
;;     11  jae  0x3d
;;     17  mov  rcx, qword ptr [r11 + 0x40]
;;     1b  mov  rax, qword ptr [rcx + rax*8]
;;     1f  mov  rcx, qword ptr [rax + 0x10]                  ; trap: uninitialized element
;;     23  lea  rdx, [rip]                                   ; aot_type_456796ac47b88033c7cfd00e05574dca1b5dd593
;;     2a  cmp  rcx, rdx
;;     2d  jne  0x3f
;;     33  mov  rax, qword ptr [rax]
;;     36  call  rax
;;     38  mov  rsp, rbp                                     ; @0x70
;;     3b  pop  rbp
;;     3c  ret
;;     3d  ud2                                               ; @0x6d, trap: undefined element
;;     3f  ud2                                               ; trap: indirect call type mismatch
