//go:build linux

package packettest_test

import (
	"testing"

	"github.com/netordered/nopaxos/lab/packettest"
)

// BenchmarkBMv2 measures the path of a request through a switch that runs p4src/oum.p4.
func BenchmarkBMv2(b *testing.B) {
	bench := newBMv2Bench(b)
	packettest.Measure(b, startBMv2(b, bench), bench)
}

// BenchmarkWire measures the same path without a switch, from one packet socket to another.
func BenchmarkWire(b *testing.B) {
	bench := newBMv2Bench(b)
	wire, err := bench.Wire()
	if err != nil {
		b.Fatal(err)
	}
	defer wire.Close()
	b.Run("latency", func(b *testing.B) {
		packettest.MeasureWire(b, wire, bench.Host(1), bench.Host(2))
	})
}
