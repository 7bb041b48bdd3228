;; The manual for tests of the command line, itself one.
;;
;; A file is a module and what is done with it. Each line `;; RUN: COMMAND` is run in order, in an empty folder;
;; `;; RUN(2): COMMAND` expects status 2. `aot …` is run in the process of the test, its words separated by spaces, with
;; ` < FILE` for standard input; any other command is run by the shell, with limits on time and memory.
;;
;; %s is this file, %d its folder, %t the empty folder, in commands and in expectations.
;;
;; What all commands print together is compared with the files of the same name that end in `.stdout` and `.stderr`; one
;; that does not exist is an empty one. `cargo bless [FILTER]` rewrites them.
;;
;; RUN: aot compile %s --emit obj
;; RUN: ls
;; RUN(1): aot compile %s
(module
  (func (export "f")))
