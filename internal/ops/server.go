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

// Config configures a Server.
type Config struct {
	Name    string         // role and index, like "replica-0"
	Version string         // of the binary
	Address netip.AddrPort // zero: the server serves nothing

	// Status adds the role's own part to its status. Many goroutines may call it at a time.
	Status func(*status.Role)
	// Metrics are the role's own metrics, besides those derived from its status. Nil: none.
	Metrics prometheus.Collector
	// Healthy returns an error if the role cannot do its work. Nil: it always can.
	Healthy func() error
	// Drop makes the role drop this share of received datagrams. Nil: fault injection is disabled and
	// /faults does not exist.
	Drop func(rate float64)
}

// Server is the HTTP server of a role.
type Server struct {
	cfg     Config
	started time.Time
	ln      net.Listener
	http    *http.Server
}

// Listen listens on the address; Serve serves it. A role calls Listen early, to fail before it does anything
// else if the address is in use.
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

// Serve serves until ctx is done.
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
	// An error means that the client has closed the connection.
	_ = enc.Encode(s.role())
}

// role returns the role's current status.
func (s *Server) role() *status.Role {
	role := &status.Role{
		Name: s.cfg.Name, Version: s.cfg.Version, PID: os.Getpid(), Started: s.started, RSS: residentBytes(),
	}
	if s.cfg.Status != nil {
		s.cfg.Status(role)
	}
	return role
}

// faults sets the share of received datagrams that the role drops: POST /faults?drop=0.01.
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
