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

// store is a way to the replicated store. Its methods may be called from many goroutines. An error
// means that the outcome is unknown, unless it is a *strangerError or wraps errNotSent.
type store interface {
	path() path
	get(ctx context.Context, key string) (value, error) // 0: there is none
	put(ctx context.Context, key string, v value) error
	getMany(ctx context.Context, keys []string) ([]value, error)
	close()
}

// errNotSent says that an operation never left the client, and so was not executed.
var errNotSent = errors.New("not sent")

// opTimeout bounds one operation: longer than every recovery that the protocol promises.
const opTimeout = 10 * time.Second

// redisStore goes through the RESP front-end with a stock client.
type redisStore struct{ client *redis.Client }

func newRedisStore(address netip.AddrPort, connections int) *redisStore {
	return &redisStore{redis.NewClient(&redis.Options{
		Addr:         address.String(),
		PoolSize:     connections,
		ReadTimeout:  opTimeout,
		WriteTimeout: opTimeout,
		// A retry after a time-out would be a second write with the first one's value.
		MaxRetries: -1,
		// A front-end that is down would else pile up writes whose outcome is taken for unknown.
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
		return nil, fmt.Errorf("MGET of %d keys has %d answers", len(keys), len(answers))
	}
	values := make([]value, len(keys))
	for i, a := range answers {
		text, ok := a.(string)
		if !ok {
			continue // nil: there is none
		}
		if values[i], err = parseValue(text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (s *redisStore) close() { s.client.Close() }
