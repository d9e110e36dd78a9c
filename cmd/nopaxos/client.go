package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/kv"
)

func clientCommand() *cobra.Command {
	var file, group string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "client --cluster FILE [COMMAND [ARGUMENT...]]",
		Short: "Run a command on the key-value store, or every line of standard input",
		Example: "  nopaxos client --cluster cluster.yaml SET greeting hello\n" +
			"  nopaxos client --cluster cluster.yaml < commands.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := cli.LoadCluster(file)
			if err != nil {
				return err
			}
			config, err := client.FromFile(f, group)
			if err != nil {
				return err
			}
			c, err := client.New(config)
			if err != nil {
				return err
			}
			defer c.Close()
			s := shell{client: c, timeout: timeout, out: cmd.OutOrStdout()}
			if len(args) > 0 {
				return s.one(cmd.Context(), args)
			}
			return s.lines(cmd.Context(), cmd.InOrStdin())
		},
	}
	// What comes behind the command's name is the command's, "-1" too.
	cmd.Flags().SetInterspersed(false)
	cli.ClusterFlag(cmd, &file)
	cmd.Flags().StringVar(&group, "group", "", "the group to talk to (default: the only one)")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "how long to wait for an answer")
	return cmd
}

// shell runs commands and prints their replies.
type shell struct {
	client  *client.Client
	timeout time.Duration
	out     io.Writer
}

// lines runs every line, and goes on after an error reply.
func (s *shell) lines(ctx context.Context, in io.Reader) error {
	var failed error
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if err := s.one(ctx, words); err == cli.ErrReported {
			failed = err
		} else if err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return failed
}

// one runs one command. An error reply is printed, and is cli.ErrReported.
func (s *shell) one(ctx context.Context, words []string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	result, err := s.client.Invoke(ctx, kv.EncodeCommand(words...))
	if err != nil {
		return err
	}
	reply, _, err := kv.ParseReply(result)
	if err != nil {
		return fmt.Errorf("the answer to %s: %w", words[0], err)
	}
	s.print(reply, "")
	if reply.Kind == kv.ReplyError {
		return cli.ErrReported
	}
	return nil
}

// print writes a reply, a line for everything that is not an array.
func (s *shell) print(r kv.Reply, indent string) {
	switch {
	case r.Null:
		fmt.Fprintln(s.out, indent+"(nil)")
	case r.Kind == kv.ReplyArray:
		for i, item := range r.Array {
			if item.Kind != kv.ReplyArray {
				s.print(item, indent)
				continue
			}
			fmt.Fprintf(s.out, "%s%d:\n", indent, i)
			s.print(item, indent+"  ")
		}
	case r.Kind == kv.ReplyInt:
		fmt.Fprintf(s.out, "%s%d\n", indent, r.Int)
	case r.Kind == kv.ReplyError:
		fmt.Fprintf(s.out, "%s(error) %s\n", indent, r.Bytes)
	default:
		fmt.Fprintf(s.out, "%s%s\n", indent, r.Bytes)
	}
}
