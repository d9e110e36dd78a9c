package model

import (
	"fmt"
	"time"
)

// Calibration is what is known of an unreplicated server: two points of its curve of latency against
// throughput. It is all that the model takes from measurements; what it says of replicated systems is
// prediction.
type Calibration struct {
	Source     string        // where the figures come from
	Throughput float64       // operations a second of the saturated server
	Latency    time.Duration // median, with one caller
	// Turn is the CPU time that a turn of the server's loop costs beside its datagrams and operations: for going to
	// sleep and waking up. 0 where the curve does not say.
	Turn time.Duration
}

// Paper is the unreplicated server of Li et al., OSDI 2016, §6.1 (2.5 GHz Xeon E5-2680, 3-level fat tree). Its
// latency follows from the text: NOPaxos's 111 µs are 16 µs more. Its throughput is in figures only: the axis of
// figure 6, which has the curves of the unreplicated server and of NOPaxos alone, ends at 250,000.
var Paper = Calibration{
	Source:     "OSDI 2016 §6.1: the axis of figure 6 ends at 250,000 operations/s; 111 µs less 16 µs",
	Throughput: 250_000,
	Latency:    95 * time.Microsecond,
}

// Split is how a server's CPU time for an operation divides. A curve of the unreplicated server says nothing
// of it, so it is an assumption; Sensitivity shows what hangs on it.
type Split struct {
	Execute float64 // share of the state machine
	Send    float64 // of the rest, the share of the datagram that is sent
}

// Even is the Split of a service that does nothing, whose datagrams cost as much to send as to receive.
var Even = Split{Execute: 0, Send: 0.5}

// Costs are the model's parameters. They are the same for every node of every system.
type Costs struct {
	Turn    time.Duration // CPU time for a turn of the loop, whatever it handled, behind what it sends
	Receive time.Duration // CPU time for a datagram received
	Send    time.Duration // CPU time for a datagram sent
	Execute time.Duration // CPU time for an operation executed

	// Host is how long a datagram takes through the network interfaces, interrupts and kernels of the two hosts
	// without keeping the loops' CPUs busy, half of it at each.
	Host time.Duration
	Link time.Duration // propagation, and the switch at the link's end
	Rate float64       // of a host's link, in bits a second
}

// What the unreplicated server's curve cannot tell of the network, and hardly depends on: it fixes the sum.
const (
	linkLatency = time.Microsecond
	linkRate    = 10e9 // that of the testbed's servers
)

// Calibrate finds the costs with which the model's unreplicated server has the given curve.
func Calibrate(c Calibration, s Split) (Costs, error) {
	switch {
	case c.Throughput <= 0 || c.Latency <= 0 || c.Turn < 0:
		return Costs{}, fmt.Errorf("model: calibration has throughput %g, latency %v and turn %v, expected positive ones",
			c.Throughput, c.Latency, c.Turn)
	case s.Execute < 0 || s.Execute >= 1 || s.Send < 0 || s.Send > 1:
		return Costs{}, fmt.Errorf("model: split is %+v, expected shares of a whole", s)
	}
	// The batches of a saturated server are full.
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
	busy := 2*(costs.Receive+costs.Send) + costs.Execute // one datagram there and one back, at either end
	wire := costs.wire()
	if costs.Host = (c.Latency - busy - wire) / 2; costs.Host < 0 {
		return Costs{}, fmt.Errorf("model: latency is %v, expected at least the %v of CPU time and links", c.Latency, busy+wire)
	}
	return costs, nil
}

// wire is how long an operation's datagrams are on the links of the tree, there and back.
func (c *Costs) wire() time.Duration {
	return 2*crossing*c.Link + 2*(c.serialization(requestSize)+c.serialization(replySize))
}

// framing is what a UDP datagram needs on Ethernet besides its payload, in bytes: UDP, IPv4 and Ethernet
// headers, checksum, preamble and gap.
const framing = 8 + 20 + 14 + 4 + 8 + 12

// serialization is how long a host's link is busy with a datagram.
func (c *Costs) serialization(payload int) time.Duration {
	return time.Duration(float64(8*(payload+framing)) / c.Rate * float64(time.Second))
}
