package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/redis/go-redis/v9"
)

// store is one path to the replicated store. Its methods may be called by several goroutines. An error means
// that the outcome is unknown, unless it is a *strangerError or wraps errNotSent.
type store interface {
	path() path
	get(ctx context.Context, key string) (value, error) // 0: no such key
	put(ctx context.Context, key string, v value) error
	getMany(ctx context.Context, keys []string) ([]value, error)
	close()
}

// errNotSent means that an operation never left the client, so it was not executed.
var errNotSent = errors.New("not sent")

// opTimeout bounds one operation: longer than every recovery that the protocol promises.
const opTimeout = 10 * time.Second

// redisStore uses a RESP front-end, through a stock client.
type redisStore struct{ client *redis.Client }

func newRedisStore(address netip.AddrPort, connections int) *redisStore {
	return &redisStore{redis.NewClient(&redis.Options{
		Addr:         address.String(),
		PoolSize:     connections,
		ReadTimeout:  opTimeout,
		WriteTimeout: opTimeout,
		// A retry after a time-out would write the same value a second time.
		MaxRetries: -1,
		// Otherwise a front-end that is down would accumulate writes with an unknown outcome.
		DialerRetries: 1,
		Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				err = fmt.Errorf("%w: %w", errNotSent, err)
			}
			return conn, err
		},
	})}
}

func (s *redisStore) path() path { return pathRESP }

func (s *redisStore) get(ctx context.Context, key string) (value, error) {
	text, err := s.client.Get(ctx, key).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return parseValue(text)
}

func (s *redisStore) put(ctx context.Context, key string, v value) error {
	return s.client.Set(ctx, key, v.text(), 0).Err()
}

func (s *redisStore) getMany(ctx context.Context, keys []string) ([]value, error) {
	answers, err := s.client.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, err
	}
	if len(answers) != len(keys) {
		return nil, fmt.Errorf("MGET of %d keys returned %d values", len(keys), len(answers))
	}
	values := make([]value, len(keys))
	for i, a := range answers {
		text, ok := a.(string)
		if !ok {
			continue // nil: no such key
		}
		if values[i], err = parseValue(text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (s *redisStore) close() { s.client.Close() }
