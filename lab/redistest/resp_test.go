package redistest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/kv/resp"
)

// local executes operations on a state machine of its own. Its logical time does not advance.
type local struct {
	mu    sync.Mutex
	store *kv.Store
	slot  uint64
}

func (l *local) Invoke(_ context.Context, op []byte) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slot++
	l.store.Release(l.slot)
	return l.store.Execute(l.slot, 0, op, nil), nil
}

// start serves an empty store and returns its address.
func start(t *testing.T, config resp.Config) string {
	config.Invoker, config.Addr, config.Logger = &local{store: kv.New()}, "127.0.0.1:0", slog.New(slog.DiscardHandler)
	s, err := resp.NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve() // returns nil after Close
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Addr().String()
}

func newClient(t *testing.T, options *redis.Options) *redis.Client {
	c := redis.NewClient(options)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestGoRedis runs the suite with either version of RESP.
func TestGoRedis(t *testing.T) {
	addr := start(t, resp.Config{})
	for name, options := range map[string]*redis.Options{
		"RESP 2":       {Protocol: 2},
		"RESP 3 asked": {Protocol: 3, ClientName: "suite"},
	} {
		t.Run(name, func(t *testing.T) {
			options.Addr = addr
			runSuite(t, newClient(t, options))
		})
	}
}

// TestTLS connects a stock client with TLS and a password.
func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	addr := start(t, resp.Config{
		Password: "secret",
		TLS:      &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
	})
	ctx := context.Background()
	options := redis.Options{Addr: addr, Password: "secret", TLSConfig: &tls.Config{RootCAs: roots}}
	c := newClient(t, &options)
	if err := c.Set(ctx, "a", "1", 0).Err(); err != nil {
		t.Error(err)
	}
	if got, err := c.Get(ctx, "a").Result(); err != nil || got != "1" {
		t.Errorf("GET: %q, %v", got, err)
	}

	wrong := options
	wrong.Password = "wrong"
	if err := newClient(t, &wrong).Get(ctx, "a").Err(); err == nil {
		t.Error("a wrong password is accepted")
	}
}
