package cluster

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/netordered/nopaxos/internal/defaults"
)

// Load reads and checks the cluster file at path. It reports bad content as an *Error. It does not read the key files: see
// Key and ClientAuth.
func Load(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{File: path, Line: 1, Key: wholeFile, Problem: cause(err), Expected: "a readable cluster file"}
	}
	return Parse(path, data)
}

// Parse reads and checks the content of the cluster file at path. Absent keys get their defaults.
func Parse(path string, data []byte) (*File, error) {
	d := &decoder{file: path, lines: make(map[string]int)}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, &Error{File: path, Line: 1, Key: wholeFile, Problem: "is empty", Expected: "a YAML mapping"}
	case err != nil:
		return nil, syntaxError(path, err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		return nil, &Error{File: path, Line: more.Line, Key: wholeFile, Problem: "has a second document", Expected: "one"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(path, err)
	}

	f := &File{Path: path, lines: d.lines}
	d.mapping(doc.Content[0], "", f)
	defaults.Fill(&f.Timing)
	defaults.Fill(&f.Limits)
	defaults.Fill(&f.Clients)
	if d.err != nil {
		return nil, d.err
	}
	for _, check := range []func() *Error{f.checkNames, f.checkGroups, f.checkFrontEnds, f.checkAddresses, f.checkGroupAddresses, f.checkMTU, f.checkDirs, f.checkTiming, f.checkLimits, f.checkTopology} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// syntaxError turns an error of the YAML parser into an Error.
func syntaxError(path string, err error) *Error {
	problem, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine.FindStringSubmatch(problem); m != nil {
		line, _ = strconv.Atoi(m[1])
		problem = strings.Replace(problem, m[0], "", 1)
	}
	problem = strings.ReplaceAll(problem, "\n", " ")
	return &Error{File: path, Line: line, Key: wholeFile, Problem: problem, Expected: "YAML"}
}
