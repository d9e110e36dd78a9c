//go:build linux

package veth

import "time"

// Wire is the cable at port 2 without a data plane, for comparison with a data plane's latency: frames
// that go in at any port come out of port 2.
type Wire struct {
	bench *Bench
	plane *port
}

// Wire opens the data plane's end of the cable at port 2. No data plane may use it.
func (b *Bench) Wire() (*Wire, error) {
	p, err := openPort(b.plane, Interface(2))
	if err != nil {
		return nil, err
	}
	return &Wire{b, p}, nil
}

// Prepare returns the frame unchanged.
func (w *Wire) Prepare(frame []byte) []byte { return frame }

// Inject sends a frame into the cable.
func (w *Wire) Inject(_ int, frame []byte) error { return w.plane.send(frame) }

// Receive returns the next frame that comes out of a port.
func (w *Wire) Receive(port int, deadline time.Time) ([]byte, error) {
	return w.bench.Receive(port, deadline)
}

// Close closes the data plane's end.
func (w *Wire) Close() error { return w.plane.close() }
