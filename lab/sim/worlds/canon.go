package worlds

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"
)

// fingerprint names a node's state. Two states with the same one are taken for the same.
type fingerprint [2]uint64

// canon writes what a core has become as bytes, so that two cores that will do the same from here on
// are written the same. It reads the private fields through reflection: the cores know nothing of it.
//
// What is left out, by [omitted], cannot influence which messages a core will send: counters, scratch
// memory, and times whose only effect is when something is done that time.go does at any moment.
// A field that is not named there is written, so that a new one costs states until somebody looks at
// it, and never hides a difference.
type canon struct {
	buf []byte
	now time.Duration
}

// omit says of a field whether it is left out, given the struct that it is in.
type omit func(owner reflect.Value) bool

func always(reflect.Value) bool { return true }

// omitted has the fields that are left out, by type and name.
var omitted = map[string]map[string]omit{
	"replica.Core": {
		"cfg": always, "f": always, "sm": always, "undo": always, // told at the start, or written by itself
		"decoder": always, "effects": always, "buf": always, "out": always, "result": always, // scratch
		"err": always, "counters": always,
		"now": always, "promised": always, "timeAt": always, "enteredAt": always,
		// Who was told of a higher view, and when: who promised that view has told everyone.
		"answered": always,
		// How long the next view change waits: it may always wait long enough, or not.
		"backoff": always,
		// Who is sick: whether somebody is suspected is the explorer's choice.
		"health":    always,
		"recoverAt": always, "recoverDelay": always,
		"heard": always, // see special
	},
	"replica.gapState":   {"rtt": always},
	"replica.gapCommit":  {"at": always, "delay": always},
	"replica.syncState":  {"began": always, "repeated": always, "sendAt": always},
	"replica.startView":  {"delay": always},
	"replica.viewChange": {"timeout": always, "deadline": always, "sendAt": always, "sendDelay": always, "pingAt": always, "progress": always},
	"replica.fetch": {
		"at": always,
		// Only the fetch for a merge is given up after some tries.
		"tries": func(owner reflect.Value) bool { return owner.FieldByName("purpose").Uint() != fetchMerge },
	},
	// A log and a window are written by what they hold; sizes follow from it, digests are computed when they are asked for.
	"replica.log":     {"key": always, "digested": always, "ring": always, "bytes": always, "current": always, "free": always, "scratch": always},
	"replica.entry":   {"chunk": always, "digest": always},
	"replica.window":  {"cells": always, "bytes": always},
	"clients.Table":   {"maxClients": always, "byID": always, "buffers": always, "result": always},
	"clients.client":  {"results": always, "head": always},
	"clients.journal": {"ring": always, "first": always, "next": always},
	"oumlib.Receiver": {
		"group": always, "grace": always, "window": always, "tokens": always, "numbers": always, "stats": always,
		"now": always, "due": always, "direct": always,
	},
	"oumlib.buffer": {"slots": always, "free": always, "limit": always},
	// Gaps that are noticed are reported as dropped at the next tick, see time.go.
	"oumlib.gapList": {"all": always, "head": always, "told": always},
	"oumlib.gap":     {"noticed": always},
	"clientcore.Core": {
		"cfg": always, "timeouts": always, "random": always, "deadline": always, "requests": always, "free": always, "ring": always,
		"done": always, "effects": always, "frames": always, "stats": always,
	},
	"clientcore.request": {
		"index": always, "uses": always, "lastSent": always, "due": always, "backoff": always, "fullAt": always,
		"prev": always, "next": always,
	},
	"clientcore.requestList": {"last": always},
}

// fetchMerge is the value of replica's constant of that name.
const fetchMerge = 1

// special writes what a struct holds in memory that is used again: only what is in use counts.
var special map[string]func(c *canon, v reflect.Value)

func init() {
	special = map[string]func(c *canon, v reflect.Value){
		"replica.Core": func(c *canon, v reflect.Value) {
			// The leader waits for the answers of those that it has heard within the suspicion time.
			for heard, i := v.FieldByName("heard"), 0; i < heard.Len(); i++ {
				c.bool(longAgo(time.Duration(heard.Index(i).Int()), c.now))
			}
		},
		"replica.log": func(c *canon, v reflect.Value) {
			for slot := v.FieldByName("start").Uint() + 1; slot <= v.FieldByName("end").Uint(); slot++ {
				c.value(ringAt(v.FieldByName("ring"), slot))
			}
		},
		"replica.window": func(c *canon, v reflect.Value) {
			cells := v.FieldByName("cells")
			for i := range cells.Len() {
				if cell := cells.Index(i); cell.FieldByName("slot").Uint() != 0 {
					c.value(cell)
				}
			}
		},
		"clients.client": func(c *canon, v reflect.Value) {
			results := v.FieldByName("results")
			for i := int(v.FieldByName("head").Int()); i < results.Len(); i++ {
				c.value(results.Index(i))
			}
		},
		"clients.journal": func(c *canon, v reflect.Value) {
			for i := v.FieldByName("first").Uint(); i != v.FieldByName("next").Uint(); i++ {
				change := ringAt(v.FieldByName("ring"), i)
				for _, name := range []string{"slot", "time", "bytes", "id", "low", "used", "created", "evicted"} {
					c.value(change.FieldByName(name))
				}
				if client := change.FieldByName("client"); !client.IsNil() {
					c.value(client.Elem().FieldByName("id"))
				}
			}
		},
		"oumlib.buffer": func(c *canon, v reflect.Value) {
			slots := v.FieldByName("slots")
			for i := range slots.Len() {
				if slot := slots.Index(i); slot.FieldByName("seq").Uint() != 0 {
					c.value(slot)
				}
			}
		},
		"oumlib.gapList": func(c *canon, v reflect.Value) {
			all, head := v.FieldByName("all"), int(v.FieldByName("head").Int())
			for i := head; i < all.Len(); i++ {
				c.value(all.Index(i))
			}
			c.uint(uint64(int(v.FieldByName("told").Int()) - head))
		},
		"clientcore.Core": func(c *canon, v reflect.Value) {
			ring := v.FieldByName("ring")
			for id := v.FieldByName("low").Uint(); id < v.FieldByName("nextID").Uint(); id++ {
				c.value(ring.Index(int(id % uint64(ring.Len()))))
			}
		},
	}
}

// ringAt is the element that a ring whose length is a power of two keeps for a position.
func ringAt(ring reflect.Value, at uint64) reflect.Value {
	return ring.Index(int(at & uint64(ring.Len()-1)))
}

var durationType = reflect.TypeFor[time.Duration]()

// layout is what is written of a struct.
type layout struct {
	fields  []int // those that are written, in order
	maybe   map[int]omit
	special func(*canon, reflect.Value)
}

// layouts has the *layout of every reflect.Type that was met.
var layouts sync.Map

func layoutOf(t reflect.Type) *layout {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	l := &layout{maybe: map[int]omit{}, special: special[t.String()]}
	rules := omitted[t.String()]
	for i := range t.NumField() {
		if rule := rules[t.Field(i).Name]; rule == nil {
			l.fields = append(l.fields, i)
		} else if reflect.ValueOf(rule).Pointer() != reflect.ValueOf(always).Pointer() {
			l.fields = append(l.fields, i)
			l.maybe[i] = rule
		}
	}
	layouts.Store(t, l)
	return l
}

func (c *canon) uint(v uint64) {
	for ; v >= 0x80; v >>= 7 {
		c.buf = append(c.buf, byte(v)|0x80)
	}
	c.buf = append(c.buf, byte(v))
}

func (c *canon) bool(v bool) {
	if v {
		c.buf = append(c.buf, 1)
		return
	}
	c.buf = append(c.buf, 0)
}

func (c *canon) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		c.bool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v.Type() == durationType {
			c.buf = append(c.buf, byte(classify(time.Duration(v.Int()), c.now)))
			return
		}
		c.uint(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		c.uint(v.Uint())
	case reflect.String:
		c.uint(uint64(v.Len()))
		c.buf = append(c.buf, v.String()...)
	case reflect.Slice:
		c.uint(uint64(v.Len()))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			c.buf = append(c.buf, v.Bytes()...)
			return
		}
		for i := range v.Len() {
			c.value(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			c.value(v.Index(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			c.buf = append(c.buf, 0)
			return
		}
		c.buf = append(c.buf, 1)
		c.value(v.Elem())
	case reflect.Struct:
		c.structure(v)
	default:
		panic(fmt.Sprintf("worlds: a core holds a %v, for which there is no canonical form: leave it out or write it in canon.go", v.Type()))
	}
}

func (c *canon) structure(v reflect.Value) {
	l := layoutOf(v.Type())
	for _, i := range l.fields {
		if rule := l.maybe[i]; rule == nil || !rule(v) {
			c.value(v.Field(i))
		}
	}
	if l.special != nil {
		l.special(c, v)
	}
}

func (c *canon) sum() fingerprint {
	d := xxhash.NewWithSeed(0x6f756d)
	_, _ = d.Write(c.buf) // it never fails
	return fingerprint{xxhash.Sum64(c.buf), d.Sum64()}
}
