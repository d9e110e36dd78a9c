package model

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// WriteText writes the report as tables.
func (r *Report) WriteText(w io.Writer) error {
	var b bytes.Buffer
	r.writeHead(&b)
	r.writeCompare(&b)
	r.writeReplicas(&b)
	r.writeLoss(&b)
	r.writeFailover(&b)
	r.writeStretch(&b)
	r.writeVary(&b)
	_, err := w.Write(b.Bytes())
	return err
}

// table writes rows of aligned cells, titles first.
func table(b *bytes.Buffer, rows [][]string) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, cell)
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // writing to a buffer cannot fail
}

func (r *Report) writeHead(b *bytes.Buffer) {
	c := r.Costs
	fmt.Fprintf(b, "Calibrated on the unreplicated server alone: %.0f operations/s, %s with one caller\n  (%s)\n",
		r.Calibration.Throughput, micros(r.Calibration.Latency), r.Calibration.Source)
	fmt.Fprintf(b, "  CPU time of a datagram received %s, of one sent %s, of an operation executed %s, of a turn of the loop %s;\n",
		micros(c.Receive), micros(c.Send), micros(c.Execute), micros(c.Turn))
	fmt.Fprintf(b, "  besides, from host to host %s, and for a link %s\n", micros(c.Host), micros(c.Link))
	fmt.Fprintf(b, "Everything below is predicted, from seed %d, on %d hosts and %d switches.\n", r.Seed, hosts, switches)
}

func micros(d time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
}
func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func (r *Report) writeCompare(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nFive replicas: latency with one caller, and the highest throughput; in brackets the paper, figures 5 and 6\n\n")
	rows := [][]string{{"system", "latency", "added", "", "throughput/s", "of unreplicated", "NOPaxos ÷ it", ""}}
	busy := [][]string{{"system", "callers", "latency", "99th percentile", "datagrams in", "out", "CPU busy"}}
	base := r.Compare[unreplicated].Paper.Latency
	for _, c := range r.Compare {
		added, ratio := "", ""
		if c.Paper.Latency > base {
			added = "(+" + micros(c.Paper.Latency-base) + ")"
		}
		if c.Paper.Ratio > 0 {
			ratio = fmt.Sprintf("(%.2f)", c.Paper.Ratio)
		}
		rows = append(rows, []string{
			c.System.String(), micros(c.Alone.Median), "+" + micros(c.Added), added, fmt.Sprintf("%.0f", c.Peak.Throughput),
			percent(c.Relative), fmt.Sprintf("%.2f", c.Ratio), ratio,
		})
		busy = append(busy, []string{
			c.System.String(), fmt.Sprint(c.Callers), micros(c.Peak.Median), micros(c.Peak.P99),
			fmt.Sprintf("%.2f", c.Peak.Received), fmt.Sprintf("%.2f", c.Peak.Sent), percent(c.Peak.Busiest),
		})
	}
	table(b, rows)
	fmt.Fprintf(b, "\n  at that throughput, and for an operation, at the busiest replica\n\n")
	table(b, busy)
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

func (r *Report) writeReplicas(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nMore replicas: highest throughput, of the unreplicated server's\n")
	fmt.Fprintf(b, "  paper, figure 8, 3 to 9 replicas: NOPaxos and SpecPaxos keep theirs, Paxos and Fast Paxos lose with every replica\n\n")
	bySystem(b, "replicas", compared[1:], r.Replicas, func(s *Size) string { return fmt.Sprint(s.Replicas) },
		func(s *Size, of System) string { return percent(s.Relative[of]) })
}

func (r *Report) writeLoss(b *bytes.Buffer) {
	lost := func(l *Lossy) string { return fmt.Sprintf("%g %%", 100*l.Loss) }
	fmt.Fprintf(b, "\nLoss at every receiving host: highest throughput, of the same system's without loss\n")
	fmt.Fprintf(b, "  paper, figure 7: NOPaxos is about where the unreplicated server is, SpecPaxos at 1 %% where Paxos is\n\n")
	bySystem(b, "lost", compared, r.Loss, lost, func(l *Lossy, of System) string { return percent(l.Left[of]) })
	fmt.Fprintf(b, "\n  operations/s\n\n")
	bySystem(b, "lost", compared, r.Loss, lost, func(l *Lossy, of System) string { return fmt.Sprintf("%.0f", l.Throughput[of]) })
	fmt.Fprintf(b, "\n  datagrams in and out for an operation, at the busiest replica\n\n")
	bySystem(b, "lost", compared, r.Loss, lost, func(l *Lossy, of System) string { return fmt.Sprintf("%.2f", l.Handled[of]) })
}

// bySystem writes a table with one column per system.
func bySystem[R any](b *bytes.Buffer, title string, of []System, list []R, name func(*R) string, cell func(*R, System) string) {
	rows := [][]string{{title}}
	for _, s := range of {
		rows[0] = append(rows[0], s.String())
	}
	for i := range list {
		row := []string{name(&list[i])}
		for _, s := range of {
			row = append(row, cell(&list[i], s))
		}
		rows = append(rows, row)
	}
	table(b, rows)
}

func (r *Report) writeFailover(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nThe sequencer crashes: until the first operation in the next session\n")
	fmt.Fprintf(b, "  paper, figure 9, after a notification: about 110 ms, and 270 ms to the full throughput; most of it for the routes\n")
	fmt.Fprintf(b, "  assumed: %v until a session number is durable, %v for a write at a switch\n\n", storeTime, writeTime)
	rows := [][]string{{"noticed because", "crashes", "median", "worst", "90 % of the throughput"}}
	for _, f := range r.Failover {
		rows = append(rows, []string{f.Noticed, fmt.Sprint(f.Crashes), millis(f.Median), millis(f.Worst), "after " + millis(f.Restored)})
	}
	table(b, rows)
}

func (r *Report) writeStretch(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nThe way through a root switch, against shortest paths, until a quorum has the message: %d random groups\n", r.Groups)
	fmt.Fprintf(b, "  paper, §4.1, 5 replicas and background traffic: nothing added in 88 %% of cases, less than 5 µs at the 99th percentile\n\n")
	rows := [][]string{{"replicas", "nothing added", "mean", "99th percentile", "most"}}
	for _, s := range r.Stretch {
		rows = append(rows, []string{fmt.Sprint(s.Replicas), percent(s.Same), fmt.Sprintf("%.3f µs", s.Mean.Seconds()*1e6), micros(s.P99), micros(s.Most)})
	}
	table(b, rows)
}

func (r *Report) writeVary(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nWhat the calibration does not tell: other divisions of the unreplicated server's CPU time\n\n")
	rows := [][]string{{"executing", "receiving", "sending", "NOPaxos, of unreplicated", "NOPaxos ÷ Paxos"}}
	for _, v := range r.Vary {
		rest := 1 - v.Split.Execute
		rows = append(rows, []string{
			percent(v.Split.Execute), percent(rest * (1 - v.Split.Send)), percent(rest * v.Split.Send),
			percent(v.Relative), fmt.Sprintf("%.2f", v.Ratio),
		})
	}
	table(b, rows)
}
