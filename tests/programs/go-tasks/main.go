// Goroutines, channels, select, maps, interfaces, closures, defer and recover, and the garbage collector under load.
package main

import (
	"errors"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

type shape interface{ area() float64 }
type square float64
type circle struct{ radius float64 }

func (s square) area() float64  { return float64(s) * float64(s) }
func (c *circle) area() float64 { return 3 * c.radius * c.radius }

type tree[T any] struct {
	left, right *tree[T]
	value       T
}

func (t *tree[T]) insert(value T, less func(a, b T) bool) *tree[T] {
	if t == nil {
		return &tree[T]{value: value}
	}
	if less(value, t.value) {
		t.left = t.left.insert(value, less)
	} else {
		t.right = t.right.insert(value, less)
	}
	return t
}

func (t *tree[T]) each(visit func(T)) {
	if t != nil {
		t.left.each(visit)
		visit(t.value)
		t.right.each(visit)
	}
}

func say(words ...string) { os.Stdout.WriteString(strings.Join(words, " ") + "\n") }

// A prime sieve of goroutines, one for each prime.
func primes(count int) (sum int) {
	stop := make(chan struct{})
	defer close(stop)
	source := make(chan int)
	go func() {
		for n := 2; ; n++ {
			select {
			case source <- n:
			case <-stop:
				return
			}
		}
	}()
	for i := 0; i < count; i++ {
		prime := <-source
		sum += prime
		next := make(chan int)
		go func(in, out chan int) {
			for {
				select {
				case n := <-in:
					if n%prime != 0 {
						select {
						case out <- n:
						case <-stop:
							return
						}
					}
				case <-stop:
					return
				}
			}
		}(source, next)
		source = next
	}
	return sum
}

func workers() (total int) {
	jobs, results := make(chan int, 4), make(chan int)
	var group sync.WaitGroup
	for range 5 {
		group.Add(1)
		go func() {
			defer group.Done()
			for job := range jobs {
				runtime.Gosched()
				results <- job * job
			}
		}()
	}
	go func() {
		for i := range 200 {
			jobs <- i
		}
		close(jobs)
		group.Wait()
		close(results)
	}()
	for result := range results {
		total += result
	}
	return total
}

func careful(index int) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = errors.Join(errors.New("recovered"), problem.(error))
		}
	}()
	list := []int{1, 2, 3}
	list[index]++
	var nothing *circle
	if index == 0 {
		nothing.radius++
	}
	return nil
}

func main() {
	say("primes", strconv.Itoa(primes(60)))
	say("workers", strconv.Itoa(workers()))
	total := 0.0
	for _, s := range []shape{square(2), &circle{1.5}, square(0.5)} {
		total += s.area()
	}
	say("area", strconv.FormatFloat(total, 'g', -1, 64))

	counts := map[string]int{}
	var root *tree[string]
	for i := 0; i < 20000; i++ {
		key := "k" + strconv.Itoa(i*i%977)
		if counts[key]++; counts[key] == 1 {
			root = root.insert(key, func(a, b string) bool { return a < b })
		}
	}
	var keys []string
	root.each(func(key string) { keys = append(keys, key) })
	say("keys", strconv.Itoa(len(keys)), strconv.FormatBool(sort.StringsAreSorted(keys)), keys[0], keys[len(keys)-1])

	var kept [][]byte
	for i := 0; i < 3000; i++ {
		block := make([]byte, 10000)
		block[i%10000] = byte(i)
		if i%100 == 0 {
			kept = append(kept, block)
		}
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	sum := 0
	for i, block := range kept {
		sum += int(block[i*100%10000])
	}
	say("collected", strconv.FormatBool(stats.NumGC > 0), strconv.Itoa(sum))

	for _, index := range []int{1, 7, 0} {
		if err := careful(index); err != nil {
			say(strings.ReplaceAll(err.Error(), "\n", ": "))
		} else {
			say("fine")
		}
	}
	select {
	case <-time.After(time.Millisecond):
		say("timer")
	case <-make(chan int):
	}
	if len(os.Args) > 1 {
		contents, err := os.ReadFile(os.Args[1])
		if err != nil {
			say("error:", err.Error())
			os.Exit(3)
		}
		fields := strings.Fields(string(contents))
		sort.Strings(fields)
		say(fields...)
		if os.Getenv("DEADLOCK") != "" {
			<-make(chan int)
		}
		panic("the end of " + os.Args[0][:0] + "it")
	}
}
