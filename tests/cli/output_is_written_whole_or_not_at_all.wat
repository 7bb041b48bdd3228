;; RUN(1): aot compile %s --emit obj -o /dev/full
;; RUN(1): aot compile %s --emit obj -o missing/folder/out.o
;; RUN(1): aot compile %s --emit obj -o %t
;; RUN: ls -A
;; RUN: aot compile %s --emit obj -o /dev/null
;; RUN: test -c /dev/null
;; RUN: aot compile %s --emit obj -o out.o
;; RUN: cp out.o before.o
;; RUN: aot compile %s --emit obj -o out.o
;; RUN: cmp out.o before.o
;; RUN: ls -A
(module)
