;;! target = "x86_64-linux"
;;! options = "--model library --fuel"
;;! filter = "spin"

;; What an iteration costs with fuel: one subtraction and one test; the count stays in a register.
(module
  (func $spin (export "spin") (param $n i32)
    (loop $again
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; spin:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  mov  r8, qword ptr [rdi + 0x30]                   ; @0x22
;;      8  test  r8, r8
;;      b  jl  0x3b
;;     11  add  r8, -5
;;     18  test  r8, r8                                      ; @0x24
;;     1b  jl  0x35
;;     21  sub  esi, 1
;;     24  test  esi, esi                                    ; @0x2b
;;     26  jne  0x11
;;     2c  mov  qword ptr [rdi + 0x30], r8                   ; @0x2e
;;     30  mov  rsp, rbp
;;     33  pop  rbp
;;     34  ret
;;     35  mov  qword ptr [rdi + 0x30], r8                   ; @0x24
;;     39  ud2                                               ; trap: out of fuel
;;     3b  ud2                                               ; @0x22, trap: out of fuel
