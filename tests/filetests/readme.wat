;;! stage = "module"
;;! target = "x86_64-linux"
;;! options = "--model library --memory guard"

;; The manual for golden tests, itself one.
;;
;; A file is input, directives and expectation. Its folder says at which stage the expectation was taken: `module`,
;; `facts`, `clif`, `opt`, `code` or `object`. `cargo test -p aot-tests --test filetests -- [FILTER]` runs the files
;; whose name contains the filter; `cargo bless [FILTER]` rewrites their expectations. Read the difference like code.
;;
;; Directives are lines `;;! key = "value"` at the head of the file, TOML without the first three characters:
;;
;;   target    triple or its short form; `x86_64-linux` when not given
;;   filter    show only functions whose name contains this
;;   stage     only in this file, which stands outside the folders
;;   options   what one would type on the command line:
;;               --model library|executable        --memory auto|guard|bounds
;;               --opt none|speed|size             --facts all|none                --disable NAME[,NAME]…
;;               --memory-base 0x10000000          --memory-in-place
;;               --cpu baseline|x86-64-v3          --cpu-feature avx2
;;               --features LIST                   what modules may use, as in `-simd` or `wasm1`
;;               --root NAME                       the only export (with others named so) that stays reachable
;;               --spectre  --deterministic  --interruptible  --fuel  --vector-versions
;;
;; The expectation is the last run of `;;` lines in the file, after a blank line; a new file needs none before it is
;; blessed. Where the compiler refuses the module, what it says is the expectation.
;;
;; Keep the input minimal, name the file for the behaviour, and say in a comment like this one what it exists to see.
(module
  (memory (export "memory") 1)
  (func $load (export "load") (param i32) (result i32)
    local.get 0
    i32.load offset=4))

;; module
;; type 0: func (i32) -> (i32), hash b17b0f4e…
;; func 0: type 0, 3 operators in 7 bytes at 0x30, referenced, symbol load
;; memory 0: 1..
;; export "memory": memory 0
;; export "load": func 0
