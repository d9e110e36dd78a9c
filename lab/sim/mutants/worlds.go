package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Small worlds have replicas, clients and receivers only. They catch a bug with certainty if it shows within their
// bounds. Bugs that need a third view, a full log or a lost PING are beyond the bounds; seeds catch those. Mutants
// that were caught once are listed in reachedFile and must be caught again.

// reachedFile lists the mutants that small worlds catch, one per line.
const reachedFile = "lab/sim/worlds/reached.txt"

// worldFind is the output of the hunter of small worlds.
type worldFind struct {
	World  string
	States int
	Acts   int
	What   string
}

// sighting is the result for one mutant in small worlds.
type sighting struct {
	mutant *mutant
	find   worldFind
	took   time.Duration
	err    error
}

// fits reports whether small worlds contain everything that the mutant changes.
func (m *mutant) fits() bool {
	return !slices.ContainsFunc(m.patches, func(p patch) bool {
		return !slices.ContainsFunc([]string{"replica/", "internal/clientcore/", "oumlib/"}, func(dir string) bool { return strings.HasPrefix(p.file, dir) })
	})
}

// explore hunts in small worlds for the mutants that fit.
func explore(ctx context.Context, o *options, all []mutant) error {
	listed, err := os.ReadFile(filepath.Join(o.root, reachedFile))
	if err != nil {
		return err
	}
	var fitting []*mutant
	width := 0
	for i := range all {
		if all[i].fits() {
			fitting = append(fitting, &all[i])
			width = max(width, len(all[i].name))
		}
	}
	fmt.Printf("%-*s  world               states   acts  time    what caught it\n", width, "mutant")
	sightings := make([]sighting, len(fitting))
	o.each(len(fitting), func(i int) {
		s := sight(ctx, o, fitting[i])
		sightings[i] = s
		fmt.Printf("%-*s  %-18s  %7d  %5d  %5.1fs  %s\n", width, s.mutant.name, s.find.World, s.find.States, s.find.Acts, s.took.Seconds(), s.text())
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.document != "" {
		return documentWorlds(o, sightings)
	}
	return missed(sightings, strings.Fields(string(listed)))
}

func (s *sighting) text() string {
	if s.err != nil {
		what, _, _ := strings.Cut("ERROR: "+s.err.Error(), "\n")
		return what
	}
	return summary(s.find.What)
}

// sight explores the worlds with one mutant.
func sight(ctx context.Context, o *options, m *mutant) (s sighting) {
	s.mutant = m
	began := time.Now()
	defer func() { s.took = time.Since(began) }()
	binary, err := o.plant(ctx, worldHunter, m)
	if err != nil {
		s.err = err
		return s
	}
	defer os.Remove(binary)
	s.err = decodeOutput(exec.CommandContext(ctx, binary, "-bounds", o.bounds), &s.find)
	return s
}

// missed returns an error for listed mutants that were not caught.
func missed(sightings []sighting, listed []string) error {
	var errs []error
	caught := 0
	for i := range sightings {
		s := &sightings[i]
		switch {
		case s.err != nil:
			errs = append(errs, s.err)
		case s.find.World != "":
			caught++
		case slices.Contains(listed, s.mutant.name):
			errs = append(errs, fmt.Errorf("%s, which %s lists, is not caught in %d states", s.mutant.name, reachedFile, s.find.States))
		}
	}
	fmt.Printf("%d of %d mutants that fit caught\n", caught, len(sightings))
	return errors.Join(errs...)
}

// The function documentWorlds writes the part of the file between these lines.
const (
	beginWorlds = "<!-- worlds: written by make explore-doc, do not edit -->\n"
	endWorlds   = "<!-- worlds: end -->\n"
)

// documentWorlds writes the table into a Markdown file, and the list of caught mutants into reachedFile.
func documentWorlds(o *options, sightings []sighting) error {
	var table, list, others bytes.Buffer
	for i := range sightings {
		s := &sightings[i]
		if s.err != nil {
			return s.err
		}
		if s.find.World == "" {
			fmt.Fprintf(&others, "* %s\n", s.mutant.name)
			continue
		}
		fmt.Fprintf(&table, "| %s | %s | %d | %d | %s |\n", s.mutant.name, s.find.World, s.find.States, s.find.Acts, cell(summary(s.find.What)))
		fmt.Fprintln(&list, s.mutant.name)
	}
	text := fmt.Sprintf("| planted bug | world | states | acts | caught by |\n|---|---|---|---|---|\n%s\nNot reached within these bounds:\n\n%s", table.Bytes(), others.Bytes())
	if err := rewrite(o.document, beginWorlds, endWorlds, text); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.root, reachedFile), list.Bytes(), 0o644)
}
