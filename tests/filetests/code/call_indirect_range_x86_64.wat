;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "dispatch"

;; The elements of the type stand side by side, so that the check of the index is the check of the type as well: what clang
;; makes of a program whose function pointers have one type, with null at 0.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table $operations 5 5 funcref)
  (elem (table $operations) (i32.const 1) func $add $subtract $add $subtract)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $subtract (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $dispatch (export "dispatch") (param i32 i32 i32) (result i32)
    (call_indirect $operations (type $binary) (local.get 0) (local.get 1) (local.get 2))))

;; dispatch:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  r9d, [rdx - 1]                               ; @0x5c
;;      8  cmp  r9d, 4
;;      c  jae  0x2c
;;     12  lea  r11, [rip]                                   ; aot_table0
;;     19  mov  r10d, edx
;;     1c  shl  r10, 4
;;     20  mov  r11, qword ptr [r11 + r10]
;;     24  call  r11
;;     27  mov  rsp, rbp                                     ; @0x5f
;;     2a  pop  rbp
;;     2b  ret
;;     2c  cmp  edx, 5                                       ; @0x5c
;;     2f  jae  0x3f
;;     35  test  edx, edx
;;     37  je  0x41
;;     3d  ud2                                               ; trap: indirect call type mismatch
;;     3f  ud2                                               ; trap: undefined element
;;     41  ud2                                               ; trap: uninitialized element
