package packettest

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Path is the path of a packet from port 1 to the others: a data plane, or for comparison only the wire.
// Its own overhead is in every measurement.
type Path interface {
	// Prepare converts a frame to the argument of Inject.
	Prepare(frame []byte) []byte
	// Inject sends a prepared frame in at a port.
	Inject(port int, prepared []byte) error
	// Receive returns the next frame that comes out of a port, or os.ErrDeadlineExceeded after the
	// deadline. The frame is valid until the next call for that port.
	Receive(port int, deadline time.Time) ([]byte, error)
}

// measuredPayload is the number of bytes after the OUM header, for a UDP payload of 100 bytes.
const measuredPayload = 72

// window is the number of outstanding requests in the throughput measurement. It is a closed loop, since
// an unlimited load measures the collapse of a switch, not its capacity. BMv2's queues hold 64 packets.
const window = 16

// Measure measures a data plane that stamps requests and sends each to three replicas: "latency" sends one
// at a time, from port 1 to the replica at port 2, "throughput" keeps a window of requests outstanding.
// The packets are the same for all data planes, except for the headers that a bench does not show.
func Measure(b *testing.B, target Target, path Path) {
	h := target.Host(1)
	g := hosts{1: h, 2: target.Host(2), 3: target.Host(3), 4: target.Host(4)}.groupA()
	client, deviceID := target.P4Runtime()
	s, err := open(client, deviceID)
	if err != nil {
		b.Fatal(err)
	}
	defer s.close()
	for _, step := range []func() error{
		s.removeMulticast,
		func() error { return s.push(target.DeviceConfig()) },
		func() error { return s.write(inserts(g.entries(1)...)) },
	} {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	frame := g.request(h, strings.Repeat("x", measuredPayload)).Frame()
	b.Run("latency", func(b *testing.B) { latency(b, path, path.Prepare(frame)) })
	b.Run("throughput", func(b *testing.B) { throughput(b, path, path.Prepare(frame)) })
}

// MeasureWire measures the latency of a path without a data plane.
func MeasureWire(b *testing.B, path Path, from, to Host) {
	p := ordinary(from, to, strings.Repeat("x", measuredPayload+28))
	latency(b, path, path.Prepare(p.Frame()))
}

// latency sends one packet at a time and measures the time until it arrives.
func latency(b *testing.B, path Path, packet []byte) {
	stop := drain(path, 3, 4)
	defer stop()
	taken := hdrhistogram.New(1, int64(time.Minute), 3)
	lost := 0
	for b.Loop() {
		start := time.Now()
		if err := path.Inject(1, packet); err != nil {
			b.Fatal(err)
		}
		if _, err := path.Receive(2, start.Add(time.Second)); err != nil {
			lost++
			continue
		}
		if err := taken.RecordValue(int64(time.Since(start))); err != nil {
			b.Fatal(err)
		}
	}
	micros := func(percentile float64) float64 {
		return float64(taken.ValueAtPercentile(percentile)) / float64(time.Microsecond)
	}
	b.ReportMetric(micros(50), "p50-µs")
	b.ReportMetric(micros(99), "p99-µs")
	b.ReportMetric(float64(lost), "lost")
}

// throughput keeps a window of requests outstanding and counts the arrivals.
func throughput(b *testing.B, path Path, packet []byte) {
	stop := drain(path, 3, 4)
	defer stop()
	tokens := make(chan struct{}, window)
	for range window {
		tokens <- struct{}{}
	}
	var arrived atomic.Int64
	end := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			_, err := path.Receive(2, time.Now().Add(100*time.Millisecond))
			switch {
			case err == nil:
				arrived.Add(1)
			case !errors.Is(err, os.ErrDeadlineExceeded):
				return // the path is closed
			default:
				select {
				case <-end:
					return
				default: // the missing packets of the window were lost: send others
				}
			}
			select {
			case tokens <- struct{}{}:
			default: // the window is open
			}
		}
	}()
	sent := 0
	for b.Loop() {
		<-tokens
		if err := path.Inject(1, packet); err != nil {
			b.Fatal(err)
		}
		sent++
	}
	taken := b.Elapsed()
	close(end)
	<-ended
	b.ReportMetric(float64(sent)/taken.Seconds(), "packets/s")
	b.ReportMetric(float64(int64(sent)-arrived.Load()), "lost")
}

// drain discards the packets that come out of the other ports.
func drain(path Path, ports ...int) (stop func()) {
	end := make(chan struct{})
	ended := make(chan struct{}, len(ports))
	for _, p := range ports {
		go func() {
			defer func() { ended <- struct{}{} }()
			for {
				select {
				case <-end:
					return
				default:
				}
				if _, err := path.Receive(p, time.Now().Add(50*time.Millisecond)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
					return
				}
			}
		}()
	}
	return func() {
		close(end)
		for range ports {
			<-ended
		}
	}
}
