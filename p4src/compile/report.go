package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"text/tabwriter"
)

// share is the used and the total amount of a resource.
type share struct{ Used, Of int }

// report is the compiler's account of the resources of a Tofino pipe that a program uses.
type report struct {
	IngressStages, EgressStages int // the last stage with an ingress or egress table, counted from 1
	Stages                      int // of the pipe
	SRAMs, TCAMs, MapRAMs       share
	StatefulALUs                share
	PHV                         map[string]map[int]share // containers, by kind and by width in bits
}

// readReport reads the logs that the compiler writes with -g: table_summary.log, resources.json and
// phv.json.
func readReport(dir string) (*report, error) {
	logs := filepath.Join(dir, "pipe", "logs")
	r := &report{PHV: map[string]map[int]share{}}
	for name, read := range map[string]func([]byte) error{
		"table_summary.log": r.readSummary,
		"resources.json":    r.readResources,
		"phv.json":          r.readPHV,
	} {
		path := filepath.Join(logs, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := read(text); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return r, nil
}

var reStages = regexp.MustCompile(`Number of stages for (ingress|egress) table allocation: (\d+)`)

// readSummary reads the last table allocation. The compiler tries several.
func (r *report) readSummary(text []byte) error {
	found := map[string]bool{}
	for _, m := range reStages.FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(m[2]))
		if err != nil {
			return err
		}
		gress := string(m[1])
		found[gress] = true
		if gress == "ingress" {
			r.IngressStages = n
		} else {
			r.EgressStages = n
		}
	}
	if len(found) != 2 {
		return errors.New(`expected lines "Number of stages for ingress table allocation: …", and egress`)
	}
	return nil
}

// memories is one kind of memory in a stage. The kind determines which of the lists is present.
type memories struct {
	Rows    int               `json:"nRows"`
	Columns int               `json:"nColumns"`
	Units   int               `json:"nUnits"`
	SRAMs   []json.RawMessage `json:"srams"`
	MapRAMs []json.RawMessage `json:"maprams"`
	TCAMs   []json.RawMessage `json:"tcams"`
}

// readResources adds up the stages of resources.json, schema version 2.
func (r *report) readResources(text []byte) error {
	var file struct {
		Resources struct {
			MAU struct {
				Stages int `json:"nStages"`
				Used   []struct {
					RAMs      memories `json:"rams"`
					MapRAMs   memories `json:"map_rams"`
					TCAMs     memories `json:"tcams"`
					MeterALUs struct {
						ALUs   int `json:"nAlus"`
						Meters []struct {
							Usages []struct {
								UsedFor string `json:"used_for"`
							} `json:"usages"`
						} `json:"meters"`
					} `json:"meter_alus"`
				} `json:"mau_stages"`
			} `json:"mau"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	mau := file.Resources.MAU
	if mau.Stages == 0 || len(mau.Used) == 0 {
		return errors.New("no stages, expected resources.mau.mau_stages")
	}
	r.Stages = mau.Stages
	for _, stage := range mau.Used {
		r.SRAMs.Used += len(stage.RAMs.SRAMs)
		r.MapRAMs.Used += len(stage.MapRAMs.MapRAMs)
		r.TCAMs.Used += len(stage.TCAMs.TCAMs)
		for _, alu := range stage.MeterALUs.Meters {
			if len(alu.Usages) > 0 && alu.Usages[0].UsedFor == "stateful_ram" {
				r.StatefulALUs.Used++
			}
		}
	}
	one := mau.Used[0]
	r.SRAMs.Of = mau.Stages * one.RAMs.Rows * one.RAMs.Columns
	r.MapRAMs.Of = mau.Stages * one.MapRAMs.Rows * one.MapRAMs.Units
	r.TCAMs.Of = mau.Stages * one.TCAMs.Rows * one.TCAMs.Columns
	r.StatefulALUs.Of = mau.Stages * one.MeterALUs.ALUs
	return nil
}

// containers is the number of PHV containers of a Tofino, by kind and by width in bits.
var containers = map[string]map[int]int{
	"normal":   {8: 64, 16: 96, 32: 64},
	"tagalong": {8: 32, 16: 48, 32: 32},
}

// readPHV counts the containers that the program uses, schema version 3.
func (r *report) readPHV(text []byte) error {
	var file struct {
		Containers []struct {
			Number int    `json:"phv_number"`
			Width  int    `json:"bit_width"`
			Type   string `json:"container_type"`
		} `json:"containers"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	if len(file.Containers) == 0 {
		return errors.New("no containers, expected those that the program uses")
	}
	for kind, widths := range containers {
		r.PHV[kind] = map[int]share{}
		for width, n := range widths {
			r.PHV[kind][width] = share{Of: n}
		}
	}
	seen := map[int]bool{}
	for _, c := range file.Containers {
		s, ok := r.PHV[c.Type][c.Width]
		if !ok {
			return fmt.Errorf("container %d is of kind %s with %d bits, which a Tofino does not have", c.Number, c.Type, c.Width)
		}
		if !seen[c.Number] {
			seen[c.Number] = true
			s.Used++
			r.PHV[c.Type][c.Width] = s
		}
	}
	return nil
}

// print writes the report as a table.
func (r *report) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	line := func(name string, s share) {
		fmt.Fprintf(t, "  %s\t%d\tof %d\t%.1f%%\n", name, s.Used, s.Of, 100*float64(s.Used)/float64(s.Of))
	}
	line("ingress stages", share{r.IngressStages, r.Stages})
	line("egress stages", share{r.EgressStages, r.Stages})
	line("SRAM blocks", r.SRAMs)
	line("map RAMs", r.MapRAMs)
	line("TCAM blocks", r.TCAMs)
	line("stateful ALUs", r.StatefulALUs)
	for _, kind := range []string{"normal", "tagalong"} {
		for _, width := range slices.Sorted(maps.Keys(r.PHV[kind])) {
			line(fmt.Sprintf("%s PHV containers of %d bits", kind, width), r.PHV[kind][width])
		}
	}
}

var (
	reParser  = regexp.MustCompile(`(?ms)^parser ingress:.*?^(parser|deparser|phv|stage) `)
	reIPv4    = regexp.MustCompile(`\b0x0*800\b`)
	errNoIPv4 = errors.New("the ingress parser does not compare the EtherType with 0x0800: this compiler " +
		"drops the parser's selects, as p4c's Tofino backend does from February 2026 until its fix, " +
		"so the program would parse every packet as IPv4")
)

// checkParser looks for the parser's comparison of the EtherType in the assembly. A compiler that turns
// every select into "don't care" still exits with status 0.
func checkParser(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "pipe", "*.bfa"))
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return fmt.Errorf("%s has %d .bfa files, expected one", filepath.Join(dir, "pipe"), len(files))
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	if !reIPv4.Match(reParser.Find(text)) {
		return fmt.Errorf("%s: %w", files[0], errNoIPv4)
	}
	return nil
}
