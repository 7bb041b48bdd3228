// Runs a module in Node: `node v8.mjs MODULE ARGUMENT…`.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [path, ...rest] = process.argv.slice(2);
// With `returnOnExit`, which gives the program a function of JavaScript as `proc_exit`, Node 20.20 crashes in its own code
// after some runs of zstd; without, an exit ends the process where it happens, and that is all the same here.
const wasi = new WASI({ version: "preview1", args: [path, ...rest], env: {}, preopens: {}, returnOnExit: false });
const { instance } = await WebAssembly.instantiate(readFileSync(path), wasi.getImportObject());
process.exit(wasi.start(instance));
