;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "dispatch"

;; `call_indirect` through a table that nothing writes, whose elements have several types: a bounds check, a comparison with
;; the type beside the code, and the code. No reference and no context.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table $operations 8 8 funcref)
  (elem (table $operations) (i32.const 1) func $add $unrelated $subtract $add $subtract)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $subtract (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $unrelated)
  (func $dispatch (export "dispatch") (param i32 i32 i32) (result i32)
    (call_indirect $operations (type $binary) (local.get 0) (local.get 1) (local.get 2))))

;; dispatch:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  cmp  edx, 6                                       ; @0x64
;;      7  jae  0x34
;;      d  lea  rax, [rip]                                   ; aot_table0
;;     14  mov  r11d, edx
;;     17  shl  r11, 4
;;     1b  mov  ecx, dword ptr [rax + r11 + 8]
;;     20  cmp  ecx, 1
;;     23  jne  0x34
;;     29  mov  rax, qword ptr [rax + r11]
;;     2d  call  rax
;;     2f  mov  rsp, rbp                                     ; @0x67
;;     32  pop  rbp
;;     33  ret
;;     34  cmp  edx, 8                                       ; @0x64
;;     37  jae  0x50
;;     3d  cmp  edx, 6
;;     40  jae  0x52
;;     46  test  edx, edx
;;     48  je  0x54
;;     4e  ud2                                               ; trap: indirect call type mismatch
;;     50  ud2                                               ; trap: undefined element
;;     52  ud2                                               ; trap: uninitialized element
;;     54  ud2                                               ; trap: uninitialized element
