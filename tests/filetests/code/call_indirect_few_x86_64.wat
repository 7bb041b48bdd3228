;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "dispatch"

;; Two functions of the table have the type: the index is compared with theirs, and they are called by name.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (table $operations 4 4 funcref)
  (elem (table $operations) (i32.const 1) func $add $unrelated $subtract)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $subtract (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $unrelated)
  (func $dispatch (export "dispatch") (param i32 i32 i32) (result i32)
    (call_indirect $operations (type $binary) (local.get 0) (local.get 1) (local.get 2))))

;; dispatch:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  cmp  edx, 1                                       ; @0x62
;;      7  je  0x20
;;      d  cmp  edx, 3
;;     10  jne  0x2a
;;     16  call  subtract
;;     1b  jmp  0x25
;;     20  call  add
;;     25  mov  rsp, rbp                                     ; @0x65
;;     28  pop  rbp
;;     29  ret
;;     2a  cmp  edx, 4                                       ; @0x62
;;     2d  jae  0x3d
;;     33  test  edx, edx
;;     35  je  0x3f
;;     3b  ud2                                               ; trap: indirect call type mismatch
;;     3d  ud2                                               ; trap: undefined element
;;     3f  ud2                                               ; trap: uninitialized element
