package bench

import (
	"maps"
	"slices"
)

// quantity is something that every repetition of a measurement has a value of; none: not measured.
// Ratios are made repetition by repetition: what drifts on the machine meets both sides of one alike.
type quantity func(*Results) map[int]float64

// at is a figure of a cell.
func at(c Cell, f func(*Sample) float64) quantity {
	return func(r *Results) map[int]float64 {
		m := r.find(c)
		if m == nil {
			return nil
		}
		values := make(map[int]float64, len(m.Samples))
		for i := range m.Samples {
			values[m.Samples[i].Repetition] = f(&m.Samples[i])
		}
		return values
	}
}

// combine computes a quantity of the repetitions that two others have.
func combine(a, b quantity, f func(x, y float64) float64) quantity {
	return func(r *Results) map[int]float64 {
		left, right := a(r), b(r)
		values := make(map[int]float64, len(left))
		for i, x := range left {
			if y, ok := right[i]; ok {
				values[i] = f(x, y)
			}
		}
		return values
	}
}

// ratio divides two quantities.
func ratio(a, b quantity) quantity { return combine(a, b, func(x, y float64) float64 { return x / y }) }

// difference subtracts b from a.
func difference(a, b quantity) quantity {
	return combine(a, b, func(x, y float64) float64 { return x - y })
}

// half is half of a quantity.
func half(a quantity) quantity { return combine(a, a, func(x, _ float64) float64 { return x / 2 }) }

// spreadOf is the median of a quantity, and the lowest and the highest; ok: it was measured.
func spreadOf(q quantity, r *Results) (s Spread, ok bool) {
	values := q(r)
	return spread(slices.Collect(maps.Values(values))), len(values) > 0
}

// median is that of a quantity.
func median(q quantity, r *Results) (float64, bool) {
	s, ok := spreadOf(q, r)
	return s.Median, ok
}

// The figures of one measurement.
func busiestCPU(s *Sample) float64 { return s.busiest().CPU }
func capacity(s *Sample) float64   { return 1e6 / s.busiest().CPU }
func p50(s *Sample) float64        { return s.Latency.P50 }
func p99(s *Sample) float64        { return s.Latency.P99 }
func throughput(s *Sample) float64 { return s.Throughput }

// targetCallers is the closed loop that the targets speak of.
const targetCallers = 64

// of is a figure of a system under the targets' load.
func of(system string, f func(*Sample) float64) quantity {
	return at(echoCell(system, targetCallers), f)
}

// full is a figure of a system whose three replicas are the bottleneck.
func full(system string, f func(*Sample) float64) quantity { return in(system, 3, f) }

// in is a figure of a system of n replicas that are the bottleneck.
func in(system string, n int, f func(*Sample) float64) quantity { return at(groupCell(system, n), f) }

// alone is a figure of a system with one caller.
func alone(system string, f func(*Sample) float64) quantity { return at(echoCell(system, 1), f) }

// hopLatency is what the way through the sequencer adds to the median round trip, in microseconds. A client
// that gets its own messages back through the sequencer waits for the way there, the sequencer's work, and
// the way back. Of these a replicated operation has one way and the work more than an unreplicated one; a way is
// half a round trip to a bare echo server.
var hopLatency = difference(alone(bareSeq, p50), half(alone(bareEcho, p50)))
