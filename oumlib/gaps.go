package oumlib

import (
	"sort"
	"time"
)

// gap is a run of missing message numbers, first … last, noticed at the same time.
type gap struct {
	first, last uint64
	noticed     time.Duration
}

// gapList holds the open gaps in ascending order. New gaps appear only at the end, so they are also in the order
// in which they were noticed. There is at most one gap more than messages held, and the memory is reused.
type gapList struct {
	all      []gap // all[head:] are open
	head     int
	reported int // all[:reported] have been reported as suspected; reported >= head
}

func (l *gapList) empty() bool { return l.head == len(l.all) }
func (l *gapList) len() int    { return len(l.all) - l.head }

// front returns the lowest gap; the list must not be empty.
func (l *gapList) front() *gap { return &l.all[l.head] }

func (l *gapList) clear() { l.all, l.head, l.reported = l.all[:0], 0, 0 }

// push appends a gap above all others.
func (l *gapList) push(g gap) {
	if l.head > len(l.all)/2 {
		n := copy(l.all, l.all[l.head:])
		l.all, l.reported, l.head = l.all[:n], l.reported-l.head, 0
	}
	l.all = append(l.all, g)
}

func (l *gapList) popFront() {
	l.head++
	l.reported = max(l.reported, l.head)
	if l.empty() {
		l.clear()
	}
}

// nextUnreported returns the lowest gap not yet reported as suspected, and counts it as reported.
func (l *gapList) nextUnreported() (g gap, ok bool) {
	if l.reported == len(l.all) {
		return gap{}, false
	}
	l.reported++
	return l.all[l.reported-1], true
}

// skipTo removes the missing numbers below next.
func (l *gapList) skipTo(next uint64) {
	for !l.empty() && l.front().last < next {
		l.popFront()
	}
	if !l.empty() {
		l.front().first = max(l.front().first, next)
	}
}

// fill removes seq from its gap and reports whether there is one.
func (l *gapList) fill(seq uint64) bool {
	open := l.all[l.head:]
	i := l.head + sort.Search(len(open), func(i int) bool { return open[i].last >= seq })
	if i == len(l.all) || l.all[i].first > seq {
		return false
	}
	g := &l.all[i]
	switch {
	case g.first == g.last && i == l.head:
		l.popFront()
	case g.first == g.last:
		l.all = append(l.all[:i], l.all[i+1:]...)
		if i < l.reported {
			l.reported--
		}
	case g.first == seq:
		g.first++
	case g.last == seq:
		g.last--
	default:
		l.split(i, seq)
	}
	return true
}

// split splits the i-th gap around seq.
func (l *gapList) split(i int, seq uint64) {
	l.all = append(l.all, gap{})
	copy(l.all[i+1:], l.all[i:])
	l.all[i].last = seq - 1
	l.all[i+1].first = seq + 1
	if i < l.reported {
		l.reported++
	}
}
