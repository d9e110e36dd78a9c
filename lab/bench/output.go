package bench

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// The files of a report.
const (
	FileJSON = "results.json" // the Report
	FileCSV  = "results.csv"  // a line per measurement
	FileHTML = "report.html"  // figures
	fileText = "report.md"    // tables
)

// Write writes the report's files into a directory, which it creates if necessary.
func (r *Report) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("directory of the report: %w", err)
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{FileJSON, r.WriteJSON},
		{FileCSV, r.writeCSV},
		{FileHTML, r.writeHTML},
		{fileText, r.writeMarkdown},
	} {
		if err := writeFile(filepath.Join(dir, f.name), f.write); err != nil {
			return err
		}
	}
	for i := range r.Figures {
		f := &r.Figures[i]
		picture, err := f.svg()
		if err != nil {
			return err
		}
		if picture == "" {
			continue
		}
		if err := writeFile(filepath.Join(dir, figureFile(f.Name)), text(picture)); err != nil {
			return err
		}
	}
	for i := range r.Profiles {
		p := &r.Profiles[i]
		if err := writeFile(filepath.Join(dir, profileFile(p.System)), text(p.raw)); err != nil {
			return err
		}
	}
	return nil
}

// figureFile returns the name of a figure's picture.
func figureFile(name string) string { return name + ".svg" }

// profileFile returns the name of a system's CPU profile, for `go tool pprof`.
func profileFile(system string) string { return "profile-" + system + ".pprof" }

// text returns a function that writes a text.
func text[T string | []byte](t T) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write([]byte(t))
		return err
	}
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("report %s: %w", path, err)
	}
	return nil
}

// WriteJSON writes the report as JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

var csvHeader = []string{
	"system", "replicas", "machine", "workload", "callers", "rate", "loss", "saturated", "repetition",
	"operations_per_second", "mean_us", "p50_us", "p90_us", "p99_us", "p999_us", "max_us",
	"busiest_replica_cpu_us", "capacity", "all_cpu_us", "mallocs_per_operation",
	"operations", "failed", "unfinished", "retransmissions",
}

// writeCSV writes a line per measurement.
func (r *Report) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	for _, c := range r.Cells {
		for i := range c.Samples {
			s := &c.Samples[i]
			busiest := s.busiest()
			l := s.Latency
			err := out.Write([]string{
				c.System, strconv.Itoa(c.Replicas), c.Machine, c.Workload, strconv.Itoa(c.Callers), number(c.Rate), number(c.Loss), strconv.FormatBool(c.Saturated), strconv.Itoa(i),
				number(s.Throughput), number(l.Mean), number(l.P50), number(l.P90), number(l.P99), number(l.P999), number(l.Max),
				number(busiest.CPU), number(1e6 / busiest.CPU), number(s.totalCPU()), number(s.mallocs()),
				strconv.FormatUint(s.Operations, 10), strconv.FormatUint(s.Failed, 10),
				strconv.FormatUint(s.Unfinished, 10), strconv.FormatUint(s.Retransmissions, 10),
			})
			if err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
