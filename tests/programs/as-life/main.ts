// The game of life on a torus, with classes, typed arrays, maps, strings and the collecting runtime; WASI by hand.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(status: i32): void;

const vector = memory.data(16);

function print(text: string): void {
  const bytes = String.UTF8.encode(text + "\n");
  store<usize>(vector, changetype<usize>(bytes));
  store<i32>(vector, bytes.byteLength, 4);
  if (fd_write(1, vector, 1, vector + 8) != 0) proc_exit(71);
}

export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  print("abort: " + (message ? message : "?"));
  unreachable();
}

abstract class Rule {
  abstract next(alive: bool, neighbours: i32): bool;
  abstract name(): string;
}
class Conway extends Rule {
  next(alive: bool, neighbours: i32): bool {
    return neighbours == 3 || (alive && neighbours == 2);
  }
  name(): string {
    return "life";
  }
}
class HighLife extends Conway {
  next(alive: bool, neighbours: i32): bool {
    return super.next(alive, neighbours) || (!alive && neighbours == 6);
  }
  name(): string {
    return "high" + super.name();
  }
}

class Board {
  cells: Uint8Array;
  constructor(public width: i32, public height: i32) {
    this.cells = new Uint8Array(width * height);
  }
  at(x: i32, y: i32): i32 {
    return this.cells[((y + this.height) % this.height) * this.width + ((x + this.width) % this.width)];
  }
  place(rows: string[], left: i32, top: i32): Board {
    for (let y = 0; y < rows.length; y++)
      for (let x = 0; x < rows[y].length; x++)
        if (rows[y].charAt(x) == "#") this.cells[(top + y) * this.width + left + x] = 1;
    return this;
  }
  step(rule: Rule): Board {
    const after = new Board(this.width, this.height);
    for (let y = 0; y < this.height; y++)
      for (let x = 0; x < this.width; x++) {
        let count = 0;
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) if (dx != 0 || dy != 0) count += this.at(x + dx, y + dy);
        after.cells[y * this.width + x] = rule.next(this.at(x, y) != 0, count) ? 1 : 0;
      }
    return after;
  }
  toString(): string {
    const lines = new Array<string>();
    for (let y = 0; y < this.height; y++) {
      let line = "";
      for (let x = 0; x < this.width; x++) line += this.at(x, y) ? "#" : ".";
      lines.push(line);
    }
    return lines.join("\n");
  }
  population(): i32 {
    return this.cells.reduce<i32>((sum, cell) => sum + cell, 0);
  }
}

const rules: Rule[] = [new Conway(), new HighLife()];
for (let i = 0; i < rules.length; i++) {
  let board = new Board(24, 12).place([".#.", "..#", "###"], 1, 1).place(["###"], 14, 7).place([".##", "##.", ".#."], 16, 2);
  const seen = new Map<string, i32>();
  let generation = 0;
  for (; generation < 300 && !seen.has(board.toString()); generation++) {
    seen.set(board.toString(), generation);
    board = board.step(rules[i]);
  }
  print(`${rules[i].name()}: ${generation} generations, ${board.population()} alive`);
  print(board.toString());
}

// Garbage: far more than the heap holds at once.
let kept = new Array<string>(), length: i64 = 0;
for (let i = 0; i < 200000; i++) {
  const text = i.toString() + "€";
  if (i % 20000 == 0) kept.push(text.padStart(10, "·"));
  length += text.length;
}
print(kept.join(" ") + " " + length.toString() + " " + (memory.size() < 64 ? "small" : "large"));
const list = [3.5, -1, 1e21, NaN, 0.1 + 0.2];
print(list.map<string>((x) => x.toString()).join(", ") + " " + (list[0] as i32).toString());
print(`${0x7fffffff + 1} ${(-7) % 3} ${-7 >> 1} ${-7 >>> 28} ${(<u64>-1).toString()} ${Math.hypot(3, 4)} ${f32.MAX_VALUE}`);
proc_exit(kept.length);
