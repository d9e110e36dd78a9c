package role

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/lab/zipf"
)

// The workloads.
const (
	// WorkloadEcho sends meaningless bytes.
	WorkloadEcho = "echo"
	// WorkloadFill writes every key of the store once, in order.
	WorkloadFill = "fill"
)

// ycsb has the workloads of YCSB (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010),
// with values of one field. Shares of operations:
//
//	A  50 % reads, 50 % updates
//	B  95 % reads, 5 % updates
//	C  reads
//	D  95 % reads of the latest inserts, 5 % inserts
//	E  95 % reads of 1 to 16 keys in a row, 5 % inserts
//	F  50 % reads, 50 % reads that write back, in one transaction
//
// Keys are drawn from YCSB's Zipf distribution (exponent 0.99), scattered over all keys.
var ycsb = map[string]mix{
	"a": {read: 0.5, update: 0.5},
	"b": {read: 0.95, update: 0.05},
	"c": {read: 1},
	"d": {read: 0.95, insert: 0.05, latest: true},
	"e": {scan: 0.95, insert: 0.05},
	"f": {read: 0.5, modify: 0.5},
}

// mix has the shares of operations, with a sum of 1.
type mix struct {
	read, update, insert, scan, modify float64

	latest bool // reads prefer the latest inserts
}

const maxScan = 16

// workload generates operations in reused memory.
type workload struct {
	name  string
	mix   mix
	rng   *rand.Rand
	self  int // index of this client
	keys  int
	next  int    // number of keys that this client has inserted
	value []byte // to write
	ranks zipf.Table
	args  [maxScan + 1][]byte
	names [maxScan][]byte
	multi []byte
}

func newWorkload(l *Load, self int) (*workload, error) {
	w := &workload{
		name: l.Workload, rng: rand.New(rand.NewPCG(l.Seed, uint64(self))), self: self, keys: l.Keys,
		value: make([]byte, l.ValueSize),
	}
	for i := range w.value {
		w.value[i] = 'a' + byte(i%26)
	}
	if w.name == WorkloadEcho {
		return w, nil
	}
	if w.keys < 1 {
		return nil, fmt.Errorf("workload %s of %d keys, expected at least 1", w.name, w.keys)
	}
	if w.name == WorkloadFill {
		return w, nil
	}
	var ok bool
	if w.mix, ok = ycsb[w.name]; !ok {
		return nil, fmt.Errorf("workload is %q, expected %s, %s, or one of YCSB's, a to f", w.name, WorkloadEcho, WorkloadFill)
	}
	w.ranks = zipf.New(w.keys)
	return w, nil
}

// rank draws from the distribution: 0 is the most frequent.
func (w *workload) rank() int { return w.ranks.Draw(w.rng) }

// key draws a key. Ranks are scattered, so that the most frequent keys are not neighbours.
func (w *workload) key() int {
	const scatter = 2654435761 // 2^32 divided by the golden ratio (Knuth, TAOCP vol. 3, §6.4)
	return int(uint64(w.rank()) * scatter % uint64(w.keys))
}

// append appends the next operation to op, which is empty.
func (w *workload) append(op []byte) []byte {
	switch w.name {
	case WorkloadEcho:
		return append(op, w.value...)
	case WorkloadFill:
		w.next++
		return w.write(op, (w.next-1)%w.keys)
	}
	draw := w.rng.Float64()
	for _, kind := range []struct {
		share float64
		make  func(*workload, []byte) []byte
	}{
		{w.mix.read, (*workload).read},
		{w.mix.update, func(w *workload, op []byte) []byte { return w.write(op, w.key()) }},
		{w.mix.insert, (*workload).insert},
		{w.mix.scan, (*workload).scan},
	} {
		if draw -= kind.share; draw < 0 {
			return kind.make(w, op)
		}
	}
	if w.mix.modify > 0 {
		return w.modify(op)
	}
	return w.read(op) // the sum of the shares is rounded
}

var (
	commandGet  = []byte("GET")
	commandSet  = []byte("SET")
	commandMGet = []byte("MGET")
)

// nameOf writes the name of a key into the i-th buffer.
func (w *workload) nameOf(i, key int) []byte {
	w.names[i] = strconv.AppendInt(append(w.names[i][:0], "user"...), int64(key), 10)
	return w.names[i]
}

// inserted writes the name of the n-th key that this client has inserted.
func (w *workload) inserted(n int) []byte {
	b := strconv.AppendInt(append(w.names[0][:0], "user"...), int64(w.self), 10)
	w.names[0] = strconv.AppendInt(append(b, '-'), int64(n), 10)
	return w.names[0]
}

func (w *workload) command(op []byte, args ...[]byte) []byte {
	return kv.AppendCommand(op, append(w.args[:0], args...)...)
}

func (w *workload) read(op []byte) []byte {
	if w.mix.latest {
		if age := w.rank(); age < w.next {
			return w.command(op, commandGet, w.inserted(w.next-1-age))
		}
	}
	return w.command(op, commandGet, w.nameOf(0, w.key()))
}

func (w *workload) write(op []byte, key int) []byte {
	return w.command(op, commandSet, w.nameOf(0, key), w.value)
}

func (w *workload) insert(op []byte) []byte {
	w.next++
	return w.command(op, commandSet, w.inserted(w.next-1), w.value)
}

func (w *workload) scan(op []byte) []byte {
	args := append(w.args[:0], commandMGet)
	first := w.key()
	for i := range 1 + w.rng.IntN(maxScan) {
		args = append(args, w.nameOf(i, (first+i)%w.keys))
	}
	return kv.AppendCommand(op, args...)
}

// modify reads and writes a key in one transaction.
func (w *workload) modify(op []byte) []byte {
	key := w.nameOf(0, w.key())
	w.multi = w.command(w.multi[:0], commandGet, key)
	w.multi = w.command(w.multi, commandSet, key, w.value)
	return kv.AppendTransaction(op, w.multi, 2)
}
