package role

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/metrics"

	"github.com/netordered/nopaxos/transport"
)

// Part is a role that a process can have.
type Part interface {
	// Run runs the role until ctx is done, and then returns nil.
	Run(ctx context.Context) error
	// Transport returns the counters of its socket.
	Transport() transport.Stats
}

// loader is a Part that generates load.
type loader interface {
	Part
	Connect(ctx context.Context, c *Connect) error
	Load(ctx context.Context, l *Load) (*Result, error)
}

// maxLine bounds an order, in bytes.
const maxLine = 1 << 20

// Serve reads a Spec from in, builds its Part, runs it, and answers the orders that follow, until in or ctx ends.
func Serve(ctx context.Context, in io.Reader, out io.Writer, build func(*Spec) (Part, error)) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	if !lines.Scan() {
		return fmt.Errorf("no line on standard input, expected a spec: %w", errors.Join(lines.Err(), io.ErrUnexpectedEOF))
	}
	var spec Spec
	if err := json.Unmarshal(lines.Bytes(), &spec); err != nil {
		return fmt.Errorf("spec: %w", err)
	}
	part, err := build(&spec)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- part.Run(ctx)
		cancel()
	}()
	orders := make(chan error, 1)
	go func() { orders <- answer(ctx, lines, json.NewEncoder(out), part) }()
	select {
	case err = <-ended:
		return err
	case err = <-orders:
		cancel()
		return errors.Join(err, <-ended)
	}
}

// answer announces that the process is ready, and carries out orders.
func answer(ctx context.Context, lines *bufio.Scanner, out *json.Encoder, part Part) error {
	if err := out.Encode(Answer{}); err != nil {
		return err
	}
	var prof profiler
	for lines.Scan() {
		var o Order
		a := Answer{}
		err := json.Unmarshal(lines.Bytes(), &o)
		if err == nil {
			a, err = obey(ctx, part, &prof, &o)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func obey(ctx context.Context, part Part, prof *profiler, o *Order) (a Answer, err error) {
	l, _ := part.(loader)
	switch {
	case o.Stats:
		a.Stats = stats(part)
	case o.Profile != "":
		a.Profile, err = prof.obey(o.Profile)
	case o.Drop != nil:
		transport.SetDrop(*o.Drop)
	case o.Connect != nil && l != nil:
		err = l.Connect(ctx, o.Connect)
	case o.Load != nil && l != nil:
		a.Result, err = l.Load(ctx, o.Load)
	default:
		err = errors.New("unknown order for this process")
	}
	return a, err
}

// stats reads the counters.
func stats(part Part) *Stats {
	t := part.Transport()
	return &Stats{Mallocs: mallocs(), DatagramsIn: t.DatagramsIn, DatagramsOut: t.DatagramsOut}
}

// mallocs returns the number of objects that the process has allocated.
func mallocs() uint64 {
	sample := [...]metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/tiny/allocs:objects"}}
	metrics.Read(sample[:])
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}
