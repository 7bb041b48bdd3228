;;! options = "--model library"

;; What a library object holds: sections and symbols, all under one prefix.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "hello")
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))

;; sections
;;   .text  A-X  137 bytes, aligned 32
;;   .rodata  A--  120 bytes, aligned 16
;;   .data.rel.ro  AW-  608 bytes, aligned 8, 15 relocations
;;   .data.rel.ro.aot_type_456796ac47b88033c7cfd00e05574dca1b5dd593  AW-  80 bytes, aligned 8, 1 relocations
;;   .eh_frame  A--  120 bytes, aligned 8, 3 relocations
;;   .note.aot  A--  60 bytes, aligned 4
;;   .note.GNU-stack  ---  0 bytes, aligned 1
;; symbols
;;   add  local function, 12 bytes in .text
;;   aot_entry_456796ac47b8  local function, 67 bytes in .text
;;   aot_text_start  local label, 0 bytes in .text
;;   aot_text_end  local label, 0 bytes in .text
;;   aot_initialize  global function, 9 bytes in .text
;;   aot_type_456796ac47b88033c7cfd00e05574dca1b5dd593  weak datum, 32 bytes in .data.rel.ro.aot_type_456796ac47b88033c7cfd00e05574dca1b5dd593
;;   aot_image  global datum, 328 bytes in .data.rel.ro
