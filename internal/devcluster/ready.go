package devcluster

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/internal/wait"
)

// pollInterval is the pause between two looks at the cluster's status.
const pollInterval = 20 * time.Millisecond

// Await polls the cluster's status until wanted returns nil, and returns that status. It gives up after
// patience; its error then wraps the last one of wanted.
func (c *Cluster) Await(ctx context.Context, patience time.Duration, wanted func(context.Context, *status.Cluster) error) (*status.Cluster, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not ready after %v", patience))
	defer cancel()
	for {
		s := c.Status(ctx)
		problem := wanted(ctx, s)
		if problem == nil {
			return s, nil
		}
		if err := wait.For(ctx, pollInterval); err != nil {
			return nil, fmt.Errorf("%w: %w", err, problem)
		}
	}
}

// waitReady waits until the cluster is whole. It fails as soon as a role has ended.
func (c *Cluster) waitReady(ctx context.Context) error {
	var failure error
	_, err := c.Await(ctx, c.cfg.Patience, func(ctx context.Context, s *status.Cluster) error {
		for _, r := range c.roles {
			if failure = r.failure(); failure != nil {
				return nil
			}
		}
		return c.Whole(ctx, s)
	})
	if failure != nil {
		return failure
	}
	return err
}

// Whole returns nil if, by its status, every role answers and every replica takes part in the leader's
// view, and if a write through the first front-end commits. Otherwise the error names the problem.
func (c *Cluster) Whole(ctx context.Context, s *status.Cluster) error {
	if err := s.Whole(); err != nil {
		return err
	}
	return c.commitWrite(ctx)
}

// commitWrite waits for the reply to a write that changes nothing: DEL of a missing key goes through the
// log like any other operation.
func (c *Cluster) commitWrite(ctx context.Context) error {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := c.hosts.Dial(ctx, "tcp", c.cfg.RESP.String())
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
