package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/netordered/nopaxos/cluster"
)

// Cluster is the state of every role in a cluster file, as far as it answered.
type Cluster struct {
	Name        string  `json:"name"`
	OK          bool    `json:"ok"` // every group has a leader and f+1 normal replicas in its view
	Groups      []Group `json:"groups"`
	Controllers []Probe `json:"controllers"`
	Sequencers  []Probe `json:"sequencers"`
	FrontEnds   []Probe `json:"kv"`
}

// Group is one group.
type Group struct {
	Name      string  `json:"name"`
	Address   string  `json:"address"`
	F         int     `json:"f"`
	OK        bool    `json:"ok"`                  // a leader is normal and so are f others in its view
	Problem   string  `json:"problem,omitempty"`   // why not OK, and what can be done
	Leader    int     `json:"leader"`              // index of the leader that is normal; -1: none
	View      string  `json:"view,omitempty"`      // of that leader
	Session   uint32  `json:"session"`             // of that leader
	Sequencer string  `json:"sequencer,omitempty"` // the active one, as the controller says
	Replicas  []Probe `json:"replicas"`
}

// Probe is one role's answer, or why there is none.
type Probe struct {
	Name    string `json:"name"`
	Address string `json:"http"`
	Error   string `json:"error,omitempty"` // why there is no answer to be had, in words
	*Role
}

// maxStatus bounds one role's answer, in bytes.
const maxStatus = 1 << 20

// fetch asks one role's HTTP address for its status. The error says in a few words, without the address,
// why there is none: nobody answered, or not as a role does.
func fetch(ctx context.Context, client *http.Client, address netip.AddrPort) (*Role, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address.String()+"/status", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s, expected 200 OK", response.Status)
	}
	var role Role
	if err := json.NewDecoder(io.LimitReader(response.Body, maxStatus)).Decode(&role); err != nil {
		return nil, fmt.Errorf("bad answer: %w", err)
	}
	return &role, nil
}

// unreachable says in a few words why a request had no answer. The address stands beside it already.
func unreachable(err error) error {
	var timeout interface{ Timeout() bool }
	var failed *net.OpError
	var asked *url.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("unreachable: no answer in time")
	case errors.As(err, &failed):
		err = failed.Err
	case errors.As(err, &asked):
		err = asked.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return fmt.Errorf("unreachable: %w", err)
}

// Query asks every role of the file at once and waits at most patience for each.
func Query(ctx context.Context, f *cluster.File, patience time.Duration) *Cluster {
	return QueryThrough(ctx, f, patience, new(net.Dialer).DialContext)
}

// QueryThrough is Query over connections that dial makes, like the method of net.Dialer.
func QueryThrough(ctx context.Context, f *cluster.File, patience time.Duration,
	dial func(ctx context.Context, network, address string) (net.Conn, error)) *Cluster {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
	var wg sync.WaitGroup
	ask := func(p *Probe, name string, address netip.AddrPort) {
		p.Name = name
		if !address.IsValid() {
			p.Error = "serves no HTTP"
			return
		}
		p.Address = address.String()
		wg.Go(func() {
			role, err := fetch(ctx, client, address)
			if err != nil {
				p.Error = err.Error()
				return
			}
			p.Role = role
		})
	}
	c := &Cluster{
		Name:        f.Name,
		Groups:      make([]Group, len(f.Groups)),
		Controllers: make([]Probe, len(f.Controllers)),
		Sequencers:  make([]Probe, len(f.Sequencers)),
		FrontEnds:   make([]Probe, len(f.KV)),
	}
	for i, k := range f.Controllers {
		ask(&c.Controllers[i], fmt.Sprintf("controller-%d", i), k.HTTP)
	}
	for i, s := range f.Sequencers {
		ask(&c.Sequencers[i], s.Name, s.HTTP)
	}
	for i, k := range f.KV {
		ask(&c.FrontEnds[i], fmt.Sprintf("kv-%d", i), k.HTTP)
	}
	for i, g := range f.Groups {
		c.Groups[i] = Group{Name: g.Name, Address: g.Address.String(), F: g.F, Leader: -1, Replicas: make([]Probe, len(g.Replicas))}
		for j, r := range g.Replicas {
			ask(&c.Groups[i].Replicas[j], fmt.Sprintf("replica-%d", j), r.HTTP)
		}
	}
	wg.Wait()
	c.conclude()
	return c
}

// Whole returns what is missing: a role that does not answer though it could, a sequencer that the
// controller cannot turn to, a group without a session or with a replica that is not normal in its leader's
// view. nil: nothing.
func (c *Cluster) Whole() error {
	for _, p := range slices.Concat(c.Controllers, c.Sequencers, c.FrontEnds) {
		if err := p.missing(); err != nil {
			return err
		}
	}
	for _, p := range c.Controllers {
		if p.Role == nil || p.Controller == nil {
			continue
		}
		for _, t := range p.Controller.Targets {
			if t.State != targetReady {
				return fmt.Errorf("%s has sequencer %s in state %s, expected %s", p.Name, t.Name, t.State, targetReady)
			}
		}
	}
	for i := range c.Groups {
		if err := c.Groups[i].whole(); err != nil {
			return err
		}
	}
	return nil
}

func (g *Group) whole() error {
	for _, p := range g.Replicas {
		if err := p.missing(); err != nil {
			return err
		}
	}
	if !g.OK || g.Session == 0 {
		return fmt.Errorf("group %s in session %d: %s", g.Name, g.Session, g.Problem)
	}
	for _, p := range g.Replicas {
		if r := p.replica(); r != nil && (r.Status != Normal || r.View() != g.View) {
			return fmt.Errorf("%s is %s in view %s, the leader's is %s", p.Name, r.Status, r.View(), g.View)
		}
	}
	return nil
}

// missing says that a role that serves HTTP does not answer.
func (p *Probe) missing() error {
	if p.Role == nil && p.Address != "" {
		return fmt.Errorf("%s: %s", p.Name, p.Error)
	}
	return nil
}

// conclude derives what follows from the answers.
func (c *Cluster) conclude() {
	c.OK = len(c.Groups) > 0
	for i := range c.Groups {
		g := &c.Groups[i]
		for _, p := range c.Controllers {
			if p.Role == nil || p.Controller == nil {
				continue
			}
			for _, k := range p.Controller.Groups {
				if k.Name == g.Name {
					g.Sequencer = k.Sequencer
				}
			}
		}
		g.conclude()
		c.OK = c.OK && g.OK
	}
}

// conclude finds the leader, the normal one of the highest view, and counts who follows it. Started
// views form a chain, so the sum of a view's components orders them.
func (g *Group) conclude() {
	var leader *Replica
	for _, p := range g.Replicas {
		r := p.replica()
		if r == nil || !r.IsLeader || r.Status != Normal {
			continue
		}
		if leader == nil || r.Leader+uint64(r.Session) > leader.Leader+uint64(leader.Session) {
			leader = r
		}
	}
	g.Problem = g.problem()
	if leader == nil {
		return
	}
	normal := 0
	for _, p := range g.Replicas {
		r := p.replica()
		if r != nil && r.Status == Normal && r.View() == leader.View() {
			normal++
		}
	}
	g.Leader, g.View, g.Session, g.OK = leader.Index, leader.View(), leader.Session, normal >= g.F+1
	if g.OK {
		g.Problem = ""
	}
}

// problem says what keeps a group from serving.
func (g *Group) problem() string {
	recovering, silent := 0, 0
	for _, p := range g.Replicas {
		switch r := p.replica(); {
		case r == nil:
			silent++
		case r.Status == Recovering:
			recovering++
		}
	}
	// Until f+1 others are there, the recovering ones wait.
	if recovering == 0 || len(g.Replicas)-recovering-silent > g.F {
		return "no leader with f others that are normal in its view"
	}
	return fmt.Sprintf("%d of %d replicas recover and %d do not answer: %d others that kept their state are needed. "+
		"If more than %d were restarted at once, the group's state is gone: see nopaxos bootstrap --help",
		recovering, len(g.Replicas), silent, g.F+1, g.F)
}

func (p *Probe) replica() *Replica {
	if p.Role == nil {
		return nil
	}
	return p.Role.Replica
}
