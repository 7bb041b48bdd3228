;;! target = "x86_64-linux"
;;! options = "--model executable --memory guard"
;;! filter = "walk_"

;; A pointer that goes around a loop is used as an address without being extended again: neither when it comes from a load
;; nor when it is counted up.
(module
  (memory (export "memory") 1)
  (func $walk_list (export "list") (param $p i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $p))))
      (br_if $next (local.tee $p (i32.load (local.get $p)))))
    (local.get $sum))
  (func $walk_bytes (export "bytes") (param $p i32) (result i32)
    (loop $next
      (br_if $next (i32.load8_u (local.tee $p (i32.add (local.get $p) (i32.const 1))))))
    (local.get $p)))

;; walk_list:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  xor  eax, eax
;;      6  mov  esi, edi
;;      8  mov  r10d, dword ptr [rsi + 0x10000004]           ; @0x42, trap: out of bounds memory access
;;      f  mov  esi, dword ptr [rsi + 0x10000000]            ; @0x4a, trap: out of bounds memory access
;;     15  add  eax, r10d                                    ; @0x45
;;     18  test  esi, esi                                    ; @0x4f
;;     1a  jne  8
;;     20  mov  rsp, rbp                                     ; @0x54
;;     23  pop  rbp
;;     24  ret
;;
;; walk_bytes:
;;      0  push  rbp
;;      1  mov  rbp, rsp
;;      4  lea  eax, [rdi + 1]
;;      7  movzx  rsi, byte ptr [rax + 0x10000000]           ; @0x60, trap: out of bounds memory access
;;      f  test  esi, esi                                    ; @0x63
;;     11  je  0x1f
;;     17  mov  rdi, rax
;;     1a  jmp  4
;;     1f  mov  rsp, rbp                                     ; @0x68
;;     22  pop  rbp
;;     23  ret
