;;! target = "x86_64-linux"
;;! options = "--model library --interruptible"
;;! filter = "spin"

;; What an iteration costs to be interruptible: the epoch is read from memory each time, and compared with the deadline.
(module
  (func $spin (export "spin") (param $n i32)
    (loop $again
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; spin:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  r8, qword ptr [rdi + 0x20]                   ; @0x22
;;      8  mov  r9, qword ptr [r8]
;;      b  cmp  r9, qword ptr [rdi + 0x28]
;;      f  jae  0x32
;;     15  mov  r10, qword ptr [r8]                          ; @0x24
;;     18  cmp  r10, qword ptr [rdi + 0x28]
;;     1c  jae  0x34
;;     22  sub  esi, 1
;;     25  test  esi, esi                                    ; @0x2b
;;     27  jne  0x15
;;     2d  mov  rsp, rbp                                     ; @0x2e
;;     30  pop  rbp
;;     31  ret
;;     32  ud2                                               ; @0x22, trap: interrupted
;;     34  ud2                                               ; @0x24, trap: interrupted
