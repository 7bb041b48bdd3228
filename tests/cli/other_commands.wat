;; RUN: aot targets
;; RUN: aot --version
(module)
