package bench

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of a profile that are read here; the format is profile.proto of github.com/google/pprof.
const (
	profileSample, profileLocation, profileFunction, profileString = 2, 4, 5, 6
	sampleLocation, sampleValue                                    = 1, 2
	locationID, locationLine                                       = 1, 4
	lineFunction                                                   = 1
	functionID, functionName                                       = 1, 2
)

// cpuValue is the index of CPU time, in nanoseconds, among the values of a sample; the other one counts samples.
const cpuValue = 1

var errProfile = errors.New("not a CPU profile")

// leaves returns the CPU time, in nanoseconds, of each function while it was the one that ran, and of all.
func leaves(profile []byte) (running map[string]int64, total int64, err error) {
	var names []string
	functions := make(map[uint64]uint64) // id → index of the name
	locations := make(map[uint64]uint64) // id → function
	type sample struct{ location, time uint64 }
	var samples []sample
	err = eachField(profile, func(n protowire.Number, _ uint64, b []byte) error {
		switch n {
		case profileString:
			names = append(names, string(b))
		case profileFunction:
			var id, name uint64
			err := eachField(b, func(n protowire.Number, v uint64, _ []byte) error {
				switch n {
				case functionID:
					id = v
				case functionName:
					name = v
				}
				return nil
			})
			functions[id] = name
			return err
		case profileLocation:
			id, function, err := location(b)
			locations[id] = function
			return err
		case profileSample:
			var stack, values []uint64
			err := eachField(b, func(n protowire.Number, v uint64, packed []byte) error {
				var err error
				switch n {
				case sampleLocation:
					stack, err = appendVarints(stack, v, packed)
				case sampleValue:
					values, err = appendVarints(values, v, packed)
				}
				return err
			})
			if err != nil || len(stack) == 0 || len(values) <= cpuValue {
				return errors.Join(errProfile, err)
			}
			samples = append(samples, sample{stack[0], values[cpuValue]})
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	running = make(map[string]int64)
	for _, s := range samples {
		i := functions[locations[s.location]]
		if i >= uint64(len(names)) {
			return nil, 0, errProfile
		}
		running[names[i]] += int64(s.time)
		total += int64(s.time)
	}
	return running, total, nil
}

// location reads a place in the program; of functions that were inlined there, the innermost comes first.
func location(b []byte) (id, function uint64, err error) {
	seen := false
	err = eachField(b, func(n protowire.Number, v uint64, line []byte) error {
		switch {
		case n == locationID:
			id = v
		case n == locationLine && !seen:
			seen = true
			return eachField(line, func(n protowire.Number, v uint64, _ []byte) error {
				if n == lineFunction {
					function = v
				}
				return nil
			})
		}
		return nil
	})
	return id, function, err
}

// eachField calls f with each field of a message: its number, and its value, a number or bytes.
func eachField(b []byte, f func(n protowire.Number, v uint64, bytes []byte) error) error {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errProfile
		}
		b = b[size:]
		var v uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			v, size = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			bytes, size = protowire.ConsumeBytes(b)
		default:
			size = protowire.ConsumeFieldValue(n, kind, b)
		}
		if size < 0 {
			return errProfile
		}
		b = b[size:]
		if err := f(n, v, bytes); err != nil {
			return err
		}
	}
	return nil
}

// appendVarints appends numbers that are packed, or one that is not.
func appendVarints(list []uint64, one uint64, packed []byte) ([]uint64, error) {
	if packed == nil {
		return append(list, one), nil
	}
	for len(packed) > 0 {
		v, size := protowire.ConsumeVarint(packed)
		if size < 0 {
			return nil, errProfile
		}
		list, packed = append(list, v), packed[size:]
	}
	return list, nil
}
