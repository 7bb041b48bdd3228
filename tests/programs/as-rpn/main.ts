// A calculator in reverse Polish notation over its arguments; errors end in an abort, which is a trap. WASI by hand.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, bytes: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(vector: usize, bytes: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "environ_sizes_get")
declare function environ_sizes_get(count: usize, bytes: usize): i32;

const scratch = memory.data(16);

function write(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text + "\n");
  store<usize>(scratch, changetype<usize>(bytes));
  store<i32>(scratch, bytes.byteLength, 4);
  fd_write(fd, scratch, 1, scratch + 8);
}

export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  write(2, "abort: " + (message ? message : "?"));
  unreachable();
}

function parameters(): string[] {
  args_sizes_get(scratch, scratch + 4);
  const count = load<i32>(scratch), bytes = load<i32>(scratch, 4);
  const vector = new StaticArray<usize>(count), text = new ArrayBuffer(bytes);
  args_get(changetype<usize>(vector), changetype<usize>(text));
  const result = new Array<string>();
  for (let i = 1; i < count; i++) {
    let end = vector[i];
    while (load<u8>(end)) end++;
    result.push(String.UTF8.decodeUnsafe(vector[i], end - vector[i]));
  }
  return result;
}

type Binary = (a: f64, b: f64) => f64;

const binary = new Map<string, Binary>();
binary.set("+", (a, b) => a + b);
binary.set("-", (a, b) => a - b);
binary.set("×", (a, b) => a * b);
binary.set("*", (a, b) => a * b);
binary.set("/", (a, b) => a / b);
binary.set("^", (a, b) => Math.pow(a, b));
binary.set("max", (a, b) => Math.max(a, b));

function run(words: string[]): Array<f64> {
  const stack = new Array<f64>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (binary.has(word)) {
      if (stack.length < 2) throw new Error(`${word} needs two numbers`);
      const b = stack.pop(), a = stack.pop();
      stack.push(binary.get(word)(a, b));
    } else if (word == "sum") {
      const sum = stack.reduce<f64>((x, y) => x + y, 0);
      stack.length = 0;
      stack.push(sum);
    } else if (word == "pi") {
      stack.push(Math.PI);
    } else if (word == "primes") {
      const limit = stack.pop() as i32, sieve = new StaticArray<bool>(limit + 1);
      let count = 0;
      for (let n = 2; n <= limit; n++) {
        if (sieve[n]) continue;
        count++;
        for (let m = n * 2; m <= limit; m += n) sieve[m] = true;
      }
      stack.push(count);
    } else if (word == "sort") {
      stack.sort();
    } else {
      const number = parseFloat(word);
      if (isNaN(number)) throw new Error("what is " + word + "?");
      stack.push(number);
    }
  }
  return stack;
}

environ_sizes_get(scratch, scratch + 4);
const variables = load<i32>(scratch);
write(1, run(parameters()).map<string>((x) => x.toString()).join(" ") + ` (${variables} variables)`);
