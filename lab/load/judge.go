package load

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// judge checks the windows of retired banks, in the background of the load.
type judge struct {
	recorder *recorder
	store    store // to read with

	windows    int
	judged     uint64 // operations
	lost       int
	violations []string
}

// maxViolations bounds the number of reported violations.
const maxViolations = 20

func (j *judge) violation(format string, args ...any) {
	if len(j.violations) < maxViolations {
		j.violations = append(j.violations, fmt.Sprintf(format, args...))
	}
}

// run judges banks until the channel is closed. Once ctx is done it only releases them, because workers that
// wait for a free bank must be able to end.
func (j *judge) run(ctx context.Context) {
	for b := range j.recorder.retire {
		if ctx.Err() == nil {
			j.bank(ctx, b)
		}
		j.recorder.release(b)
	}
}

// bank judges one window: it reads every key once more, then checks key by key.
func (j *judge) bank(ctx context.Context, b *bank) {
	call := time.Since(j.recorder.origin)
	values, err := readBank(ctx, j.store, b.index)
	if err != nil {
		j.violation("reading the keys at the end of a window: %v", err)
		return
	}
	end := time.Since(j.recorder.origin)
	byKey := make([][]operation, bankKeys)
	for _, o := range b.ops {
		if o.write || !o.unknown { // a read without an outcome proves nothing
			byKey[o.key] = append(byKey[o.key], o)
		}
	}
	for key := range b.keys {
		state := &b.keys[key]
		w := keyWindow{
			initial: state.initial,
			ops:     append(state.unresolved, byKey[key]...),
			closing: operation{key: key, value: values[key], call: call, end: end},
		}
		j.key(keyName(b.index, key), &w)
		state.initial, state.unresolved = values[key], w.unresolved()
	}
	j.windows++
	j.judged += uint64(len(b.ops))
}

func (j *judge) key(name string, w *keyWindow) {
	v := w.check()
	j.lost += v.lost
	if v.illegal {
		j.violation("the history of key %s is not linearizable (%d operations up to %v)", name, len(w.ops), w.closing.end)
	}
	if v.undecided {
		j.violation("the history of key %s was not decided within %v (%d operations)", name, checkTimeout, len(w.ops))
	}
	if v.lost > 0 {
		j.violation("key %s: %d acknowledged writes are lost: it holds %d", name, v.lost, w.closing.value)
	}
}

// readAgain reads every key of every bank through another path and compares the values with those at the end
// of the last window. Nothing has been written since.
func (j *judge) readAgain(ctx context.Context, s store) {
	for _, b := range j.recorder.banks {
		values, err := readBank(ctx, s, b.index)
		if err != nil {
			j.violation("reading the keys at the end through the %v: %v", s.path(), err)
			return
		}
		for key, got := range values {
			state := &b.keys[key]
			if got == state.initial {
				continue
			}
			w := keyWindow{initial: state.initial, ops: state.unresolved, closing: operation{value: got, call: 0, end: monotime.Never}}
			if v := w.check(); v.illegal {
				j.lost++
				j.violation("key %s holds %d at the end, expected %d", keyName(b.index, key), got, state.initial)
			}
		}
	}
}

// readPatience bounds the time to read a bank: the judge must not wait forever for a group that does not come
// back.
const readPatience = 3 * opTimeout

// readChunk is the number of keys that one operation reads: their values fit a few datagrams.
const readChunk = 64

// readBank reads all keys of a bank.
func readBank(ctx context.Context, s store, bank int) ([]value, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readPatience, fmt.Errorf("no answer within %v", readPatience))
	defer cancel()
	values := make([]value, 0, bankKeys)
	for first := 0; first < bankKeys; first += readChunk {
		names := make([]string, 0, readChunk)
		for key := first; key < min(first+readChunk, bankKeys); key++ {
			names = append(names, keyName(bank, key))
		}
		chunk, err := s.getMany(ctx, names)
		if err != nil {
			return nil, cmp.Or(context.Cause(ctx), err)
		}
		values = append(values, chunk...)
	}
	return values, nil
}
