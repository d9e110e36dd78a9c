package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/netordered/nopaxos/internal/status"
)

// Config says whom a Server speaks for.
type Config struct {
	Name    string         // role and index, like "replica-0"
	Version string         // of the binary
	Address netip.AddrPort // zero: nothing is served

	// Status fills in the role's own part of its status. Called from many goroutines.
	Status func(*status.Role)
	// Metrics are the role's own, served besides those of its status. Nil: none.
	Metrics prometheus.Collector
	// Healthy returns why the role cannot do its work, nil if it can. Nil: it always can.
	Healthy func() error
	// Drop makes the role lose this share of the datagrams that it receives. Nil: fault
	// injection was not asked for, and /faults is not there.
	Drop func(rate float64)
}

// Server is one role's HTTP server.
type Server struct {
	cfg     Config
	started time.Time
	ln      net.Listener
	http    *http.Server
}

// Listen takes the address; Serve answers on it. Taking it early is how a role finds out that the
// address is in use before it does anything else.
func Listen(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, started: time.Now()}
	if !cfg.Address.IsValid() {
		return s, nil
	}
	ln, err := net.Listen("tcp", cfg.Address.String())
	if err != nil {
		return nil, err
	}
	s.ln = ln
	return s, nil
}

// Serve answers until ctx is done.
func (s *Server) Serve(ctx context.Context) error {
	if s.ln == nil {
		<-ctx.Done()
		return nil
	}
	s.http = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { s.http.Close() })
	defer stop()
	if err := s.http.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http on %s: %w", s.cfg.Address, err)
	}
	return nil
}

func (s *Server) handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&exporter{server: s},
	)
	if s.cfg.Metrics != nil {
		registry.MustRegister(s.cfg.Metrics)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /status", s.status)
	if s.cfg.Drop != nil {
		mux.HandleFunc("POST /faults", s.faults)
	}
	return mux
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	if s.cfg.Healthy != nil {
		if err := s.cfg.Healthy(); err != nil {
			http.Error(w, s.cfg.Name+": "+err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, "ok")
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	// An error here is the reader's, who has gone away.
	_ = enc.Encode(s.role())
}

// role is the role's status as it is now.
func (s *Server) role() *status.Role {
	role := &status.Role{
		Name: s.cfg.Name, Version: s.cfg.Version, PID: os.Getpid(), Started: s.started, RSS: residentBytes(),
	}
	if s.cfg.Status != nil {
		s.cfg.Status(role)
	}
	return role
}

// faults sets the share of received datagrams that the role loses: POST /faults?drop=0.01.
func (s *Server) faults(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("drop")
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || !(rate >= 0 && rate <= 1) {
		http.Error(w, fmt.Sprintf("%s: drop is %q, expected a number from 0 to 1", s.cfg.Name, text), http.StatusBadRequest)
		return
	}
	s.cfg.Drop(rate)
	fmt.Fprintf(w, "%s drops %g of the datagrams it receives\n", s.cfg.Name, rate)
}
