package model

import (
	"fmt"
	"time"
)

// Calibration is two points of an unreplicated server's curve of latency against throughput. The model takes nothing
// else from measurements: its figures for replicated systems are predictions.
type Calibration struct {
	Source     string        // of the figures
	Throughput float64       // operations a second of the saturated server
	Latency    time.Duration // median, with one caller
	// Turn is the CPU time of a turn of the server's loop besides its datagrams and operations: sleeping and waking
	// up. It is 0 if unknown.
	Turn time.Duration
}

// Paper is the unreplicated server of Li et al., OSDI 2016, §6.1 (2.5 GHz Xeon E5-2680, 3-level fat tree). Its
// latency follows from the text: NOPaxos's 111 µs are 16 µs more. Its throughput is in figures only: the axis of
// figure 6, with the curves of the unreplicated server and NOPaxos, ends at 250,000.
var Paper = Calibration{
	Source:     "OSDI 2016 §6.1: the axis of figure 6 ends at 250,000 operations/s; 111 µs less 16 µs",
	Throughput: 250_000,
	Latency:    95 * time.Microsecond,
}

// Split divides a server's CPU time for an operation. The curve of the unreplicated server does not reveal it, so it
// is an assumption; vary.go shows how much depends on it.
type Split struct {
	Execute float64 // share of the state machine
	Send    float64 // share of the sent datagram in the rest
}

// Even is the Split of an empty service whose datagrams cost as much to send as to receive.
var Even = Split{Execute: 0, Send: 0.5}

// Costs are the model's parameters. They are the same for every node of every system.
type Costs struct {
	Turn    time.Duration // CPU time for a turn of the loop, after its sends
	Receive time.Duration // CPU time for a datagram received
	Send    time.Duration // CPU time for a datagram sent
	Execute time.Duration // CPU time for an operation executed

	// Host is the delay of a datagram in the network interfaces, interrupts and kernels of two hosts, half of it at
	// each. It keeps no loop's CPU busy.
	Host time.Duration
	Link time.Duration // propagation and the switch at the link's end
	Rate float64       // of a host's link, in bits a second
}

// The curve of the unreplicated server fixes the sum of all delays only. It hardly depends on these.
const (
	linkLatency = time.Microsecond
	linkRate    = 10e9 // of the paper's testbed
)

// calibrate returns the costs with which the model's unreplicated server has the given curve.
func calibrate(c Calibration, s Split) (Costs, error) {
	switch {
	case c.Throughput <= 0 || c.Latency <= 0 || c.Turn < 0:
		return Costs{}, fmt.Errorf("model: calibration has throughput %g, latency %v and turn %v, expected positive ones",
			c.Throughput, c.Latency, c.Turn)
	case s.Execute < 0 || s.Execute >= 1 || s.Send < 0 || s.Send > 1:
		return Costs{}, fmt.Errorf("model: split is %+v, expected shares of a whole", s)
	}
	// A saturated server's batches are full.
	operation := float64(time.Second)/c.Throughput - float64(c.Turn)/batch
	if operation <= 0 {
		return Costs{}, fmt.Errorf("model: a turn takes %v, expected less than a batch of operations at %g/s", c.Turn, c.Throughput)
	}
	datagrams := operation * (1 - s.Execute)
	costs := Costs{
		Send:    time.Duration(datagrams * s.Send),
		Receive: time.Duration(datagrams * (1 - s.Send)),
		Execute: time.Duration(operation * s.Execute),
		Link:    linkLatency, Rate: linkRate, Turn: c.Turn,
	}
	busy := 2*(costs.Receive+costs.Send) + costs.Execute // one datagram each way, at both ends
	wire := costs.wire()
	if costs.Host = (c.Latency - busy - wire) / 2; costs.Host < 0 {
		return Costs{}, fmt.Errorf("model: latency is %v, expected at least the %v of CPU time and links", c.Latency, busy+wire)
	}
	return costs, nil
}

// wire is the time that an operation's datagrams spend on the links of the tree, in both directions.
func (c *Costs) wire() time.Duration {
	return 2*crossing*c.Link + 2*(c.serialization(requestSize)+c.serialization(replySize))
}

// framing is the length of a UDP datagram on Ethernet beyond its payload, in bytes: UDP, IPv4 and Ethernet headers,
// checksum, preamble and gap.
const framing = 8 + 20 + 14 + 4 + 8 + 12

// serialization is the time for which a datagram occupies a host's link.
func (c *Costs) serialization(payload int) time.Duration {
	return time.Duration(float64(8*(payload+framing)) / c.Rate * float64(time.Second))
}
