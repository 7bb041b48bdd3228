;; RUN: aot compile - --emit obj -o from_text.o < %s
;; RUN: aot compile %s --emit obj -o from_file.o
;; RUN: ls
;; RUN(2): aot compile - --emit obj < %s
;; RUN: aot compile - --emit clif -o - < %s
(module
  (func (export "f") (param i32) (result i32)
    local.get 0))
