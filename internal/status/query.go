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
	"sync"
	"time"

	"github.com/netordered/nopaxos/cluster"
)

// maxStatus is the largest answer of a role, in bytes.
const maxStatus = 1 << 20

// fetch requests a role's status from its HTTP address. The error is brief and omits the address.
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

// unreachable shortens the error of a request, which is printed beside the address.
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

// Query requests the status of every role of the file in parallel and waits at most patience for each.
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
	groupOf := make([]string, len(f.KV))
	for i, k := range f.KV {
		groupOf[i] = k.Group
		ask(&c.FrontEnds[i], fmt.Sprintf("kv-%d", i), k.HTTP)
	}
	for i, g := range f.Groups {
		c.Groups[i] = Group{Name: g.Name, Address: g.Address.String(), F: g.F, Leader: -1, Replicas: make([]Probe, len(g.Replicas))}
		for j, r := range g.Replicas {
			ask(&c.Groups[i].Replicas[j], fmt.Sprintf("replica-%d", j), r.HTTP)
		}
	}
	wg.Wait()
	c.conclude(groupOf)
	return c
}
