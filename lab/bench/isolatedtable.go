package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/netordered/nopaxos/lab/bench/isolated"
)

// isolatedTable formats the isolated measurements: the titles, and a row for each server with its CPU time and capacity
// in every regime. It is empty if there are none.
func (r *Report) isolatedTable() [][]string {
	titles := []string{"alone on a core"}
	var regimes []isolated.Regime
	for _, regime := range isolated.Regimes {
		if slices.ContainsFunc(r.Isolated, func(m IsolatedResult) bool { return m.Regime == regime }) {
			regimes = append(regimes, regime)
			titles = append(titles, string(regime)+": ns CPU/op (user + system)", "capacity/s")
		}
	}
	if len(regimes) == 0 {
		return nil
	}
	table := [][]string{titles}
	for _, server := range isolatedServers {
		row := []string{server.String()}
		for _, regime := range regimes {
			server.Regime = regime
			if i := slices.IndexFunc(r.Isolated, func(m IsolatedResult) bool { return m.isolatedCell == server }); i >= 0 {
				row = append(row, r.Isolated[i].columns()...)
			}
		}
		if len(row) > 1 {
			table = append(table, row)
		}
	}
	return table
}

// columns formats the CPU time and the capacity.
func (m *IsolatedResult) columns() []string {
	if len(m.Samples) == 0 {
		return []string{string(notMeasured), ""}
	}
	cpu := fmt.Sprintf("%.0f", m.CPU.Median)
	if m.CPU.Low != m.CPU.High {
		cpu += fmt.Sprintf(" [%.0f–%.0f]", m.CPU.Low, m.CPU.High)
	}
	return []string{cpu + fmt.Sprintf(" (%.0f + %.0f)", m.UserCPU, m.SystemCPU), short(m.Capacity.Median)}
}

// writeIsolated writes the isolated measurements.
func (r *Report) writeIsolated(w io.Writer) error {
	table := r.isolatedTable()
	if table == nil {
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range table {
		fmt.Fprintln(out, strings.Join(row, "\t")+"\t")
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s\n", isolatedNote)
	for i := range r.Isolated {
		if m := &r.Isolated[i]; m.Why != "" {
			fmt.Fprintf(w, "not measured: %s, %s: %s\n", m.isolatedCell, m.Regime, m.Why)
		}
	}
	fmt.Fprintln(w)
	return nil
}
