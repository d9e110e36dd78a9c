package load

import (
	"context"
	"fmt"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/kv"
)

// libraryStore uses the client library, as an application would.
type libraryStore struct{ client *client.Client }

func newLibraryStore(f *cluster.File) (*libraryStore, error) {
	config, err := client.FromFile(f, "")
	if err != nil {
		return nil, err
	}
	c, err := client.New(config)
	if err != nil {
		return nil, err
	}
	return &libraryStore{c}, nil
}

func (s *libraryStore) path() path { return pathLibrary }

// call executes one command.
func (s *libraryStore) call(ctx context.Context, args ...string) (kv.Reply, error) {
	result, err := s.client.Invoke(ctx, kv.EncodeCommand(args...))
	if err != nil {
		return kv.Reply{}, err
	}
	reply, rest, err := kv.ParseReply(result)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%s: %d bytes follow the reply", args[0], len(rest))
	}
	if err == nil {
		err = reply.Err()
	}
	return reply, err
}

func (s *libraryStore) get(ctx context.Context, key string) (value, error) {
	reply, err := s.call(ctx, "GET", key)
	if err != nil {
		return 0, err
	}
	return replyValue(reply)
}

func (s *libraryStore) put(ctx context.Context, key string, v value) error {
	_, err := s.call(ctx, "SET", key, v.text())
	return err
}

func (s *libraryStore) getMany(ctx context.Context, keys []string) ([]value, error) {
	reply, err := s.call(ctx, append([]string{"MGET"}, keys...)...)
	if err != nil {
		return nil, err
	}
	if len(reply.Array) != len(keys) {
		return nil, fmt.Errorf("MGET of %d keys returned %d values", len(keys), len(reply.Array))
	}
	values := make([]value, len(keys))
	for i, r := range reply.Array {
		if values[i], err = replyValue(r); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func replyValue(r kv.Reply) (value, error) {
	if r.Null {
		return 0, nil
	}
	return parseValue(string(r.Bytes))
}

func (s *libraryStore) close() { s.client.Close() }
