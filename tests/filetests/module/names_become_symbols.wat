;; Names are made unique and fit for an object file; functions without one are named after their index.
(module
  (func $twice)
  (func $twice.1)
  (func $"with space")
  (func (export "exported"))
  (func))

;; module
;; type 0: func () -> (), hash b51af875…
;; func 0: type 0, 1 operators in 2 bytes at 0x28, symbol twice
;; func 1: type 0, 1 operators in 2 bytes at 0x2b, symbol twice.1
;; func 2: type 0, 1 operators in 2 bytes at 0x2e, symbol with_space, name "with space"
;; func 3: type 0, 1 operators in 2 bytes at 0x31, referenced, symbol exported
;; func 4: type 0, 1 operators in 2 bytes at 0x34, symbol func.4
;; export "exported": func 3
