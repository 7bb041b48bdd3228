;;! options = "--model executable --memory-in-place"

;; An executable's initial memory is a section of its own, which the linker places at the memory's address. Less than
;; 8 KiB is copied instead.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "hello")
  (data (i32.const 10000) "world")
  (func $_start (export "_start")))

;; sections
;;   .text  A-X  73 bytes, aligned 32
;;   .rodata  A--  95 bytes, aligned 4
;;   .data.rel.ro  AW-  624 bytes, aligned 8, 16 relocations
;;   .bss  AW-  192 bytes, aligned 16
;;   .aot.memory0@0x10000000  AW-  10005 bytes, aligned 65536
;;   .data.rel.ro.aot_type_b51af875e8889df6481622ab674d2e9da74d0da9  AW-  32 bytes, aligned 8
;;   .eh_frame  A--  120 bytes, aligned 8, 3 relocations
;;   .note.aot  A--  60 bytes, aligned 4
;;   .note.GNU-stack  ---  0 bytes, aligned 1
;; symbols
;;   _start  local function, 9 bytes in .text
;;   aot_entry_b51af875e888  local function, 11 bytes in .text
;;   aot_text_start  local label, 0 bytes in .text
;;   aot_text_end  local label, 0 bytes in .text
;;   aot_context  global datum, 192 bytes in .bss
;;   aot_initialize  global function, 9 bytes in .text
;;   aot_type_b51af875e8889df6481622ab674d2e9da74d0da9  weak datum, 32 bytes in .data.rel.ro.aot_type_b51af875e8889df6481622ab674d2e9da74d0da9
;;   aot_image  global datum, 328 bytes in .data.rel.ro
