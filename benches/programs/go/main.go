// Maps, slices, interfaces, goroutines and garbage: what Go programs do.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

type random uint64

func (r *random) next() uint64 {
	x := uint64(*r)
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	*r = random(x)
	return x
}

type shape interface{ area() int }
type square struct{ side int }
type box struct{ width, height int }

func (s square) area() int { return s.side * s.side }
func (b *box) area() int   { return b.width * b.height }

func shapes(r *random) int {
	list := make([]shape, 0, 16)
	for i := 0; i < 3000; i++ {
		side := int(r.next() % 100)
		if side%2 == 0 {
			list = append(list, square{side})
		} else {
			list = append(list, &box{side, side + 1})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].area() < list[j].area() })
	sum := 0
	for i, shape := range list {
		sum += shape.area() * (i % 7)
	}
	return sum
}

func words(r *random) int {
	var text strings.Builder
	for i := 0; i < 4000; i++ {
		text.WriteString("word" + strconv.Itoa(int(r.next()%500)))
		text.WriteByte(" \n"[i%2])
	}
	counts := map[string]int{}
	for _, word := range strings.Fields(text.String()) {
		counts[word]++
	}
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	sum := 0
	for i, key := range keys {
		sum += counts[key]*i + len(strings.ToUpper(key))
	}
	return sum
}

type tree struct {
	left, right *tree
	key         int
}

func (t *tree) insert(key int) *tree {
	if t == nil {
		return &tree{key: key}
	}
	if key < t.key {
		t.left = t.left.insert(key)
	} else {
		t.right = t.right.insert(key)
	}
	return t
}

func (t *tree) sum(depth int) int {
	if t == nil {
		return 0
	}
	return t.key%10*depth + t.left.sum(depth+1) + t.right.sum(depth+1)
}

func trees(r *random) int {
	var root *tree
	for i := 0; i < 4000; i++ {
		root = root.insert(int(r.next() % 100000))
	}
	return root.sum(1)
}

func pipeline(r *random) int {
	numbers, squares := make(chan int), make(chan int)
	start := int(r.next() % 1000)
	go func() {
		for i := 0; i < 2000; i++ {
			numbers <- start + i
		}
		close(numbers)
	}()
	go func() {
		for number := range numbers {
			squares <- number * number % 1009
		}
		close(squares)
	}()
	sum := 0
	for square := range squares {
		sum += square
	}
	return sum
}

func matrix(r *random) int {
	const size = 60
	var a, b [size][size]float64
	for i := range a {
		for j := range a[i] {
			a[i][j], b[i][j] = float64(r.next()%100)/8, float64(r.next()%100)/16
		}
	}
	total := 0.0
	for i := range a {
		for j := range a {
			sum := 0.0
			for k := range a {
				sum += a[i][k] * b[k][j]
			}
			total += sum
		}
	}
	return int(total)
}

func main() {
	// WebAssembly has one thread; so has everybody.
	runtime.GOMAXPROCS(1)
	rounds := 1
	if len(os.Args) > 1 {
		rounds, _ = strconv.Atoi(os.Args[1])
	}
	r := random(88172645463325252)
	sum := uint64(0)
	for i := 0; i < rounds; i++ {
		for _, part := range []func(*random) int{shapes, words, trees, pipeline, matrix} {
			sum = (sum ^ uint64(part(&r))) * 0x9e3779b97f4a7c15
		}
	}
	fmt.Printf("checksum %016x\n", sum)
}
