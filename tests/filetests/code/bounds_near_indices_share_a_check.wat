;;! target = "x86_64-linux"
;;! options = "--model executable --memory bounds"
;;! filter = "near"

;; One comparison for all that lies near an index, above and below it, and one register for all their addresses; what ends
;; outside faults. Below, an offset could lead back into memory, so there the check stays.
(module
  (memory (export "memory") 1)
  (func $near_fields (export "fields") (param $p i32) (result i64)
    (i64.add
      (i64.add (i64.load offset=8 (local.get $p)) (i64.load offset=32000 (local.get $p)))
      (i64.add
        (i64.load offset=8 (i32.add (local.get $p) (i32.const 4000)))
        (i64.load (i32.add (local.get $p) (i32.const -48))))))
  (func $near_below (export "below") (param $p i32) (result i64)
    (i64.add (i64.load (local.get $p)) (i64.load offset=8 (i32.add (local.get $p) (i32.const -48))))))

;; near_fields:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  r11, [rip]                                   ; @0x3e, aot_context
;;      b  mov  r10d, edi
;;      e  cmp  r10, qword ptr [r11 + 0x48]
;;     12  jae  0x43
;;     18  mov  rax, qword ptr [r10 + 0x10000008]            ; trap: out of bounds memory access
;;     1f  mov  rcx, qword ptr [r10 + 0x10007d00]            ; @0x43, trap: out of bounds memory access
;;     26  mov  rdx, qword ptr [r10 + 0x10000fa8]            ; @0x4f, trap: out of bounds memory access
;;     2d  mov  rsi, qword ptr [r10 + 0xfffffd0]             ; @0x57, trap: out of bounds memory access
;;     34  add  rax, rcx                                     ; @0x48
;;     37  lea  rcx, [rdx + rsi]                             ; @0x5a
;;     3b  add  rax, rcx                                     ; @0x5b
;;     3e  mov  rsp, rbp                                     ; @0x5c
;;     41  pop  rbp
;;     42  ret
;;     43  ud2                                               ; @0x3e, trap: out of bounds memory access
;;
;; near_below:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  r8, [rip]                                    ; @0x61, aot_context
;;      b  mov  r8, qword ptr [r8 + 0x48]
;;      f  mov  r9d, edi
;;     12  cmp  r9, r8
;;     15  jae  0x3e
;;     1b  mov  r10, qword ptr [r9 + 0x10000000]             ; trap: out of bounds memory access
;;     22  lea  r11d, [rdi - 0x30]                           ; @0x68
;;     26  cmp  r11, r8                                      ; @0x69
;;     29  jae  0x40
;;     2f  mov  rax, qword ptr [r11 + 0x10000008]            ; trap: out of bounds memory access
;;     36  add  rax, r10                                     ; @0x6c
;;     39  mov  rsp, rbp                                     ; @0x6d
;;     3c  pop  rbp
;;     3d  ret
;;     3e  ud2                                               ; @0x61, trap: out of bounds memory access
;;     40  ud2                                               ; @0x69, trap: out of bounds memory access
