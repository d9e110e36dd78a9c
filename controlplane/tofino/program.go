package tofino

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// Program is a compiled program.
type Program struct {
	Name    string // as the driver and its tools know it
	Binary  []byte // tofino.bin
	Context []byte // context.json
}

// Pack returns the program as a device config. A part that is missing, or a context that is not JSON, is an error: the
// switch would take it and fail later, with all its ports down.
func (p Program) Pack() ([]byte, error) {
	switch {
	case p.Name == "":
		return nil, fmt.Errorf("tofino: the program has no name, expected one")
	case len(p.Binary) == 0:
		return nil, fmt.Errorf("tofino: program %s: tofino.bin is empty", p.Name)
	case !json.Valid(p.Context):
		return nil, fmt.Errorf("tofino: program %s: context.json of %d bytes is not JSON", p.Name, len(p.Context))
	}
	var packed []byte
	for _, part := range [][]byte{[]byte(p.Name), p.Binary, p.Context} {
		if len(part) > math.MaxInt32 { // servers read the lengths as signed numbers
			return nil, fmt.Errorf("tofino: program %s: a part has %d bytes, expected at most %d", p.Name, len(part), math.MaxInt32)
		}
		packed = binary.LittleEndian.AppendUint32(packed, uint32(len(part)))
		packed = append(packed, part...)
	}
	return packed, nil
}

// Unpack is the inverse of Pack. The parts are slices of packed.
func Unpack(packed []byte) (Program, error) {
	parts := make([][]byte, 3)
	rest := packed
	for i, what := range []string{"the name", "tofino.bin", "context.json"} {
		if len(rest) < 4 {
			return Program{}, fmt.Errorf("tofino: the device config ends before the length of %s", what)
		}
		n := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		if uint64(n) > uint64(len(rest)) {
			return Program{}, fmt.Errorf("tofino: %s has %d bytes, and the device config only %d more", what, n, len(rest))
		}
		parts[i], rest = rest[:n], rest[n:]
	}
	if len(rest) > 0 {
		return Program{}, fmt.Errorf("tofino: the device config has %d bytes after context.json, expected none", len(rest))
	}
	return Program{Name: string(parts[0]), Binary: parts[1], Context: parts[2]}, nil
}
