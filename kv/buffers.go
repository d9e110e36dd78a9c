package kv

import "math/bits"

// buffers keeps the byte slices of overwritten values for reuse, so that overwriting does not allocate in
// the steady state. Capacities are powers of two.
type buffers struct {
	free [maxBufferBits + 1][][]byte
}

const (
	minBufferBits = 4  // 16 bytes
	maxBufferBits = 12 // 4 KiB: larger values are left to the garbage collector
	maxBufferFree = 1 << 12
)

// get returns a slice of length n, its capacity rounded up to a power of two.
func (f *buffers) get(n int) []byte {
	class := max(minBufferBits, bits.Len(uint(max(n, 1)-1)))
	if class > maxBufferBits {
		return make([]byte, n)
	}
	if list := f.free[class]; len(list) > 0 {
		b := list[len(list)-1]
		list[len(list)-1] = nil
		f.free[class] = list[:len(list)-1]
		return b[:n]
	}
	return make([]byte, n, 1<<class)
}

// put takes back a slice made by get to which no reference is left.
func (f *buffers) put(b []byte) {
	class := bits.Len(uint(cap(b))) - 1
	if cap(b) == 0 || cap(b) != 1<<class || class < minBufferBits || class > maxBufferBits {
		return
	}
	if len(f.free[class]) < maxBufferFree {
		f.free[class] = append(f.free[class], b)
	}
}
