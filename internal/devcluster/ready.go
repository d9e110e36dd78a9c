package devcluster

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/netordered/nopaxos/internal/status"
)

// pollInterval is how often a role that is starting is looked at.
const pollInterval = 20 * time.Millisecond

// waitReady returns when the cluster is whole.
func (c *Cluster) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Patience, fmt.Errorf("not ready after %v", c.cfg.Patience))
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		for _, p := range c.roles {
			if err := p.failure(); err != nil {
				return err
			}
		}
		_, problem := c.Whole(ctx)
		if problem == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), problem)
		case <-ticker.C:
		}
	}
}

// Whole asks every role and sends a write through the first front-end. It returns what the roles said, and
// as an error what is missing: a role that does not answer, a group with a replica that does not take
// part, a write that does not commit.
func (c *Cluster) Whole(ctx context.Context) (*status.Cluster, error) {
	s := c.Status(ctx)
	if err := s.Whole(); err != nil {
		return s, err
	}
	return s, c.commitWrite(ctx)
}

// commitWrite sends a write that changes nothing and waits for its answer: DEL of a key that is not
// there goes through the log like any other.
func (c *Cluster) commitWrite(ctx context.Context) error {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := c.hosts.dial(ctx, "tcp", c.cfg.RESP.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := conn.Write([]byte("*2\r\n$3\r\nDEL\r\n$16\r\nnopaxos:is-ready\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return fmt.Errorf("first write: %w", err)
	}
	if answer = strings.TrimSpace(answer); answer != ":0" {
		return fmt.Errorf("first write: answer is %q, expected \":0\"", answer)
	}
	return nil
}
