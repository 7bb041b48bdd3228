;;! options = "--model executable --root run"

;; `tiny` went into its only caller, and nothing else refers to it: it has no symbol. `kept` has, because a table refers to it.
(module
  (table 2 funcref)
  (elem (i32.const 0) func $kept)
  (func $tiny (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $kept (param i32) (result i32) (i32.clz (local.get 0)))
  (func $run (export "run") (param i32) (result i32)
    (i32.add (call $tiny (local.get 0)) (call $kept (call_indirect (param i32) (result i32) (local.get 0) (local.get 0))))))

;; sections
;;   .text  A-X  233 bytes, aligned 32
;;   .rodata  A--  159 bytes, aligned 4
;;   .data.rel.ro  AW-  536 bytes, aligned 8, 18 relocations
;;   .bss  AW-  208 bytes, aligned 16
;;   .data.rel.ro.aot_type_b17b0f4e8cdfe5cc6cc62176b234b948a30d03a8  AW-  64 bytes, aligned 8, 1 relocations
;;   .eh_frame  A--  152 bytes, aligned 8, 4 relocations
;;   .note.aot  A--  60 bytes, aligned 4
;;   .note.GNU-stack  ---  0 bytes, aligned 1
;; symbols
;;   kept  local function, 33 bytes in .text
;;   run  local function, 88 bytes in .text
;;   aot_entry_b17b0f4e8cdf  local function, 56 bytes in .text
;;   aot_text_start  local label, 0 bytes in .text
;;   aot_text_end  local label, 0 bytes in .text
;;   aot_context  global datum, 208 bytes in .bss
;;   aot_initialize  global function, 9 bytes in .text
;;   aot_type_b17b0f4e8cdfe5cc6cc62176b234b948a30d03a8  weak datum, 32 bytes in .data.rel.ro.aot_type_b17b0f4e8cdfe5cc6cc62176b234b948a30d03a8
;;   aot_image  global datum, 328 bytes in .data.rel.ro
