package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// options are the command's flags and directories.
type options struct {
	only     *regexp.Regexp
	runs     int
	parallel int
	bounds   string
	document string
	root     string
	dir      string // for the built programs
}

// anywhere lists the profiles for a mutant that names none.
var anywhere = []string{"chaos", "recovery", "failover", "lossy"}

// outcome is the result for one mutant.
type outcome struct {
	mutant *mutant
	find   find
	took   time.Duration
	// unsound are seeds that fail without the mutant too: bugs that were not planted.
	unsound []string
	err     error
}

func (o *outcome) caught() bool { return o.err == nil && o.find.Profile != "" }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	o := options{}
	only := flag.String("only", "", "run the mutants whose name matches this regular expression")
	flag.IntVar(&o.runs, "max-seeds", 5000, "maximum number of seeds to run for each mutant")
	flag.IntVar(&o.parallel, "parallel", 2, "number of mutants to run at a time")
	flag.StringVar(&o.bounds, "worlds", "", "explore small worlds (sim/worlds) with these bounds instead of running seeds")
	flag.StringVar(&o.document, "document", "", "write the table between the markers of this Markdown file")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if o.root, err = checkout(ctx); err != nil {
		return err
	}
	if o.dir, err = os.MkdirTemp("", "mutants-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.dir)

	all, err := readMutants(filepath.Join(o.root, "lab", "sim", "mutants"))
	if err != nil {
		return err
	}
	var mutants []mutant
	for _, m := range all {
		if o.only.MatchString(m.name) {
			mutants = append(mutants, m)
		}
	}
	if o.document != "" && len(mutants) != len(all) {
		return errors.New("-document needs all mutants: drop -only")
	}
	if o.bounds != "" {
		return explore(ctx, &o, mutants)
	}
	began := time.Now()
	outcomes, err := hunters(ctx, &o, mutants)
	if err != nil {
		return err
	}
	total(os.Stdout, outcomes, time.Since(began))
	if o.document != "" {
		if err := document(o.document, outcomes); err != nil {
			return err
		}
	}
	return verdict(outcomes)
}

// hunters hunts the mutants, several at a time.
func hunters(ctx context.Context, o *options, mutants []mutant) ([]outcome, error) {
	sound, err := build(ctx, seedHunter, o.root, o.dir, "sound", nil)
	if err != nil {
		return nil, err
	}
	t := newTable(os.Stdout, mutants)
	outcomes := make([]outcome, len(mutants))
	o.each(len(mutants), func(i int) {
		outcomes[i] = catch(ctx, o, &mutants[i], sound)
		t.row(&outcomes[i])
	})
	return outcomes, ctx.Err()
}

// each calls f for the numbers below n, several at a time.
func (o *options) each(n int, f func(i int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(o.parallel, 1) {
		workers.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// catch hunts one mutant. A seed that also fails without it does not count.
func catch(ctx context.Context, o *options, m *mutant, sound string) (out outcome) {
	out.mutant = m
	began := time.Now()
	defer func() { out.took = time.Since(began) }()
	binary, err := o.plant(ctx, seedHunter, m)
	if err != nil {
		out.err = err
		return out
	}
	defer os.Remove(binary)
	profiles := m.profiles
	if len(profiles) == 0 {
		profiles = anywhere
	}
	for from := 0; ; from = out.find.Runs {
		if out.find, out.err = hunt(ctx, binary, profiles, 1, from, o.runs); !out.caught() {
			return out
		}
		control, err := hunt(ctx, sound, []string{out.find.Profile}, out.find.Seed, 0, 1)
		if err != nil {
			out.err = err
			return out
		}
		if control.Profile == "" {
			return out
		}
		out.unsound = append(out.unsound, fmt.Sprintf("%s seed %d: %s", control.Profile, control.Seed, control.What))
	}
}

// verdict returns an error if a mutant was not caught or a seed failed without one.
func verdict(outcomes []outcome) error {
	var errs []error
	unsound := map[string]bool{}
	for i := range outcomes {
		o := &outcomes[i]
		switch {
		case o.err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", o.mutant.name, o.err))
		case !o.caught():
			errs = append(errs, fmt.Errorf("%s survived %d seeds", o.mutant.name, o.find.Runs))
		}
		for _, what := range o.unsound {
			if !unsound[what] {
				unsound[what] = true
				errs = append(errs, fmt.Errorf("without any mutant, %s", what))
			}
		}
	}
	return errors.Join(errs...)
}
