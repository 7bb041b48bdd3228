;; RUN(2): aot
;; RUN(2): aot compile
;; RUN(2): aot compile %s --emit obj --cpu pentium
;; RUN(2): aot compile %s --emit obj --target sparc-sun-solaris
;; RUN(2): aot compile %s --emit obj --target x86_64-pc-windows-msvc
;; RUN(2): aot compile %s --emit obj --features time-travel
;; RUN(2): aot compile %s --emit obj --max-memory lots
;; RUN(2): aot compile %s --emit obj --prefix 3
;; RUN(2): aot compile %s --emit obj -j 0
;; RUN(2): aot compile %s --emit obj -j 100000
;; RUN(2): aot compile %s --fuel
;; RUN(2): aot compile %s --interruptible
;; RUN(2): aot compile %s -q -v
;; RUN(2): aot dump %s --stage nonsense
;; RUN(2): aot dump %s --stage nonsense --message-format json
;; RUN(2): aot compile %s -o %s --emit obj
(module)
