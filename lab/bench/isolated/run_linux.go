package isolated

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/process"
	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// groupNumber is the group's.
const groupNumber = 0x0AFF0001

// suspect keeps the replicas from changing the view when the machine does not run one of the processes for a while. The
// times after which they suspect each other are on no request's path.
const suspect = time.Minute

// Run starts the server on its core and measures it. The calling process is the generator, and should be alone on
// another core.
func Run(ctx context.Context, job *Job) (s Sample, err error) {
	if err := job.check(); err != nil {
		return s, err
	}
	addresses := process.NewLoopback()
	defer func() { err = errors.Join(err, addresses.Close()) }()
	spec, err := newSpec(job, addresses)
	if err != nil {
		return s, err
	}
	server, err := startServer(ctx, job, spec)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	g, err := newGenerator(job, spec, addresses)
	if err != nil {
		return s, err
	}
	defer g.close()
	return g.measure(server.PID())
}

// newSpec describes the server.
func newSpec(job *Job, addresses *process.Loopback) (*role.Spec, error) {
	key := make([]byte, cluster.KeyLen)
	_, _ = rand.Read(key) // never fails
	s := &role.Spec{
		Kind: role.KindServer, System: job.System, Machine: role.MachineEcho, Key: key, MTU: transport.DefaultMTU,
		Datagrams: shapes[job.Regime].batch, Suspect: suspect, Group: groupNumber, Dir: filepath.Join(job.Dir, "replica"),
	}
	if job.Follower {
		s.Index = 1
	}
	for i := range job.Replicas {
		a, err := addresses.Address(fmt.Sprintf("replica-%d", i))
		if err != nil {
			return nil, err
		}
		s.Replicas = append(s.Replicas, role.Address{UDP: a, TCP: a})
	}
	if s.Index >= len(s.Replicas) {
		return nil, fmt.Errorf("%d replicas, expected a follower among them", job.Replicas)
	}
	if job.System == role.SystemEcho {
		s.Kind, s.Listen = role.KindEcho, s.Replicas[0].UDP
	}
	return s, nil
}

// server is the measured process.
type server struct {
	*process.Process
	thread *process.Thread
	in     io.Closer
}

// startServer starts the server, and returns when it takes datagrams.
func startServer(ctx context.Context, job *Job, spec *role.Spec) (*server, error) {
	s := &server{thread: process.NewThread()}
	cmd := exec.Command(job.Server[0], job.Server[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.in = in
	answers, out := io.Pipe()
	cmd.Stdout = out
	s.Process, err = process.Start(process.Config{
		Name: "server", Cmd: cmd, Log: filepath.Join(job.Dir, "server.log"),
		Start: func(cmd *exec.Cmd) error { return StartOn(s.thread, job.Core, cmd) },
	})
	if err != nil {
		s.thread.Close()
		return nil, err
	}
	ready := make(chan error, 1)
	go func() {
		var a role.Answer
		r := bufio.NewReader(answers)
		line, err := r.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &a)
		}
		ready <- err
		_, _ = io.Copy(io.Discard, r)
	}()
	if err = json.NewEncoder(in).Encode(spec); err == nil {
		select {
		case err = <-ready:
		case <-s.Ended():
			err = s.Failure()
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server does not start: %w", err), s.stop())
	}
	return s, nil
}

// stop ends the server, which ends with its input.
func (s *server) stop() error {
	_ = s.in.Close()
	err := s.Wait(patience)
	s.thread.Close()
	return err
}

// newGenerator opens the sockets of the generator and creates the peers.
func newGenerator(job *Job, spec *role.Spec, addresses *process.Loopback) (g *generator, err error) {
	g = &generator{job: job, spec: spec, shape: shapes[job.Regime], links: make([]*conn, job.Replicas)}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if g.keys, err = wire.DeriveKeys(spec.Key); err != nil {
		return nil, err
	}
	self := spec.Replicas[spec.Index].UDP
	local, err := addresses.Address("clients")
	if err != nil {
		return nil, err
	}
	if g.client, err = dial(local, self, g.shape.train); err != nil {
		return nil, err
	}
	switch job.System {
	case role.SystemEcho:
	case role.SystemNOPaxos:
		g.stamped, g.ahead = true, true
		g.token = oumlib.SessionToken(g.keys.Token, spec.Group, session)
	default:
		system, err := baseline.ParseSystem(job.System)
		if err != nil {
			return nil, err
		}
		g.multicast, g.rule = system.Multicast(), system.Rule(job.Replicas)
	}
	g.net.peers, g.net.link = make([]*peer, job.Replicas), g.link
	for i := range g.net.peers {
		if i == spec.Index {
			continue
		}
		if g.links[i], err = dial(spec.Replicas[i].UDP, self, g.shape.train); err != nil {
			return nil, err
		}
		if g.net.peers[i], err = newPeer(spec, i, self, &g.net); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// measure registers the clients, warms the server up, and measures.
func (g *generator) measure(pid int) (s Sample, err error) {
	replyTo := g.client.addr
	if g.job.System != role.SystemEcho {
		if err := g.register(replyTo); err != nil {
			return s, err
		}
	}
	op := make([]byte, g.job.OpSize)
	var cpu, wall time.Duration
	var before, after [2]uint64
	for warm := g.job.Warm; cpu < g.job.Measure; warm -= g.shape.burst {
		if warm <= 0 && s.Operations == 0 {
			if before, err = ticks(pid); err != nil {
				return s, err
			}
		}
		if err := g.prepare(g.shape.burst, replyTo, op); err != nil {
			return s, err
		}
		used, took, err := g.timed(pid)
		if err != nil {
			return s, err
		}
		if warm <= 0 {
			cpu += used
			wall += took
			s.Operations += uint64(g.shape.burst)
		}
	}
	if after, err = ticks(pid); err != nil {
		return s, err
	}
	s.CPU = float64(cpu) / float64(s.Operations)
	s.Busy = float64(cpu) / float64(wall)
	user, system := float64(after[0]-before[0]), float64(after[1]-before[1])
	if user+system > 0 {
		s.User = s.CPU * user / (user + system)
		s.System = s.CPU - s.User
	}
	return s, nil
}

// timed sends a burst and returns the CPU time of the server and the time that the burst took.
func (g *generator) timed(pid int) (used, took time.Duration, err error) {
	before, err := cpuTime(pid)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := g.burst(g.shape.burst); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	after, err := cpuTime(pid)
	return after - before, took, err
}

// ticks returns the user and system time of a process as the kernel samples it: proc_pid_stat(5).
func ticks(pid int) (t [2]uint64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return t, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	const user = 11 // index behind the name, which is in parentheses
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	for i := range t {
		if len(fields) <= user+i {
			return t, fmt.Errorf("CPU time of process %d: %q, expected more fields", pid, text)
		}
		if t[i], err = strconv.ParseUint(string(fields[user+i]), 10, 64); err != nil {
			return t, fmt.Errorf("CPU time of process %d: %w", pid, err)
		}
	}
	return t, nil
}
