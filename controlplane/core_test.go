package controlplane

import (
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/controlplane/failover"
)

func TestFirstSessionGoesToTheFirstSequencer(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.wantRoute(0, 1)
	if n := len(w.targets[1].entries); n != 0 {
		t.Errorf("the standby has %d sequence entries, want none", n)
	}
}

func TestWaitsForTheWholePictureAtTheStart(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.connect(1)
	w.settle()
	if got := w.published[groupA]; got.session != 0 {
		t.Fatalf("published %+v before the first sequencer was heard of", got)
	}
	w.tick(failover.DefaultTiming().StartGrace)
	w.settle()
	w.wantRoute(1, 1)
}

func TestRefusedSequencerIsNotWaitedFor(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.targets[0].up = false
	w.up()
	w.wantRoute(1, 1)
}

func TestControllerRestartDisturbsNothing(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.crash()
	w.connect(1) // the standby first
	w.settle()
	w.connect(0)
	w.settle()
	w.wantRoute(0, 1)
	if w.durable[groupA] != 1 {
		t.Errorf("the store is at session %d, want 1", w.durable[groupA])
	}
}

// A controller that dies anywhere between "durable" and "installed" never sends the number again: it finds it
// installed, or takes a new one.
func TestCrashBetweenDurableAndInstalled(t *testing.T) {
	tests := []struct {
		name    string
		crash   func(w *world)
		session uint32
		target  int
	}{
		{"before the number is durable", func(w *world) {
			w.until(failover.EffectAllocate)
			w.pending = nil
		}, 1, 0},
		{"durable, answer lost", func(w *world) { w.happen(w.until(failover.EffectAllocate)) }, 2, 0},
		{"durable, install not sent", func(w *world) {
			w.until(failover.EffectInstall)
			w.pending = nil
		}, 2, 0},
		{"install on its way, overtaken by the fence", func(w *world) { w.until(failover.EffectInstall) }, 2, 0},
		{"installed, answer lost", func(w *world) { w.happen(w.until(failover.EffectInstall)) }, 1, 0},
		{"installed, target restarted", func(w *world) {
			w.happen(w.until(failover.EffectInstall))
			w.crash()
			w.kill(0)
			w.restart(0)
		}, 2, 0},
		{"installed, target unreachable", func(w *world) {
			w.happen(w.until(failover.EffectInstall))
			w.crash()
			w.kill(0)
		}, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 2, groupA)
			w.connect(0)
			w.connect(1)
			tt.crash(w)
			w.crash()
			w.up()
			w.wantRoute(tt.target, tt.session)
		})
	}
}

func TestLostStreamMovesTheGroupAfterTheGrace(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.lose(0, false)
	w.tick(failover.DefaultTiming().Grace - 1)
	w.settle()
	w.wantRoute(0, 1)
	w.tick(1)
	w.settle()
	w.wantRoute(1, 2)
}

func TestRefusedConnectionMovesTheGroupAtOnce(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.kill(0)
	w.connect(0) // refused
	w.settle()
	w.wantRoute(1, 2)
}

func TestStreamThatComesBackInTimeKeepsTheSession(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.lose(0, false)
	w.connect(0)
	w.settle()
	w.tick(time.Minute)
	w.settle()
	w.wantRoute(0, 1)
}

func TestRestartedTargetGetsANewNumber(t *testing.T) {
	for _, targets := range []int{1, 2} {
		w := newWorld(t, targets, groupA)
		w.up()
		w.kill(0)
		w.restart(0)
		w.connect(0)
		w.settle()
		w.wantRoute(targets-1, 2)
	}
}

func TestOnlySequencerIsWaitedForAndAdopted(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.up()
	w.lose(0, false)
	w.tick(time.Minute)
	w.connect(0)
	w.settle()
	w.wantRoute(0, 1)
}

func TestLostEntryGetsANewNumber(t *testing.T) {
	tests := []struct {
		name string
		harm func(tg *worldTarget)
	}{
		{"deleted", func(tg *worldTarget) { delete(tg.entries, groupA) }},
		{"other parameters", func(tg *worldTarget) { tg.entries[groupA] = failover.SequenceEntry{Group: groupA, Session: 1} }},
		{"pipeline replaced", func(tg *worldTarget) { tg.pipeline = false }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 1, groupA)
			w.up()
			tt.harm(w.targets[0])
			w.tick(failover.DefaultTiming().AuditInterval)
			w.settle()
			w.wantRoute(0, 2)
			if got := w.targets[0].entries[groupA]; got.Session != 2 || !got.Intact {
				t.Errorf("installed is %+v, want session 2", got)
			}
		})
	}
}

func TestStoreThatForgotIsRaisedByWhatIsInstalled(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.targets[0].pipeline = true
	w.targets[0].entries[groupA] = failover.SequenceEntry{Group: groupA, Session: 70, Intact: true}
	w.up()
	w.wantRoute(0, 71)
}

func TestReportsOfAQuorumMoveTheGroup(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.tick(time.Second)
	w.settle()
	w.report(1, 0, 0, 0)
	w.wantRoute(0, 1)
	w.report(1, 2)
	w.wantRoute(1, 2)
	if n := len(w.targets[0].entries); n != 0 {
		t.Errorf("the old sequencer has %d sequence entries, want none", n)
	}
}

func TestReportsThatDoNotCount(t *testing.T) {
	tests := []struct {
		name   string
		report func(w *world)
	}{
		{"of an older session", func(w *world) {
			w.lose(0, true)
			w.settle()
			w.report(1, 0, 1, 2)
		}},
		{"too far apart", func(w *world) {
			w.report(2, 0)
			w.tick(failover.DefaultTiming().ReportWindow + 1)
			w.settle()
			w.report(2, 1)
		}},
		{"of no replica", func(w *world) { w.report(2, -1, 3, 4) }},
		{"of no session", func(w *world) { w.report(0, 0, 1, 2) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 2, groupA)
			w.up()
			w.lose(0, true)
			w.settle()
			w.connect(0)
			w.tick(time.Second)
			w.settle()
			w.wantRoute(1, 2)
			tt.report(w)
			w.tick(time.Second)
			w.settle()
			w.wantRoute(1, 2)
		})
	}
}

func TestOnlySequencerGetsANewNumberOnReports(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.up()
	w.tick(time.Second)
	w.settle()
	w.report(1, 1, 2)
	w.wantRoute(0, 2)
}

func TestYoungSessionIsHeldAgainstReports(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.report(1, 0, 1)
	w.wantRoute(0, 1)
	if at := w.core.Deadline(); at != failover.DefaultTiming().ReportHoldoff {
		t.Errorf("the core wants a tick at %v, want %v", at, failover.DefaultTiming().ReportHoldoff)
	}
	w.tick(failover.DefaultTiming().ReportHoldoff)
	w.settle()
	w.wantRoute(1, 2)
	// Again: twice as long.
	w.report(2, 0, 1)
	w.tick(2*failover.DefaultTiming().ReportHoldoff - 1)
	w.settle()
	w.wantRoute(1, 2)
	w.tick(1)
	w.settle()
	w.wantRoute(0, 3)
}

func TestReportsOfASessionThatTheStoreForgot(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.up()
	w.tick(time.Second)
	w.settle()
	w.core.Report(w.now, groupA, 40, 0)
	w.collect()
	w.report(30, 1)
	w.wantRoute(0, 31) // two replicas confirm 30
}

func TestInstallThatFails(t *testing.T) {
	tests := []struct {
		name    string
		fail    func(w *world)
		target  int
		session uint32
	}{
		{"it is there all the same", func(w *world) {
			w.happen(0)
			w.pending[0].ok = false
			w.answer(0)
		}, 0, 1},
		{"it is not there", func(w *world) {
			w.pending[0].done = true
			w.answer(0)
		}, 1, 2},
		{"the stream breaks", func(w *world) { w.lose(0, false) }, 1, 2},
		{"no answer", func(w *world) {
			held := w.pending[0]
			w.pending = w.pending[1:]
			w.tick(failover.DefaultTiming().InstallTimeout)
			w.settle()
			w.pending = append(w.pending, held) // it arrives after the time limit
			w.settle()
		}, 1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 2, groupA)
			w.connect(0)
			w.settle()
			w.connect(1)
			w.until(failover.EffectInstall)
			if tg := w.pending[0].Target; tg != 0 {
				t.Fatalf("the install goes to target %d, want 0", tg)
			}
			// The standby becomes ready meanwhile.
			install := w.pending[0]
			w.pending = w.pending[1:]
			w.settle()
			w.pending = append(w.pending, install)
			tt.fail(w)
			w.settle()
			w.wantRoute(tt.target, tt.session)
		})
	}
}

func TestReadUnderWayDuringAnInstallSaysNothing(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.tick(failover.DefaultTiming().AuditInterval)
	// The audit of target 1 reads its entries; then the group moves there; then the answer of the old read arrives.
	i := -1
	for i < 0 {
		for k, p := range w.pending {
			if p.Kind == failover.EffectReadEntries && p.Target == 1 {
				i = k
			}
		}
		if i < 0 {
			w.happen(0)
			w.answer(0)
		}
	}
	w.happen(i)
	read := w.pending[i]
	w.pending = append(w.pending[:i], w.pending[i+1:]...)
	w.lose(0, true)
	w.settle()
	w.wantRoute(1, 2)
	w.pending = append(w.pending, read)
	w.settle()
	w.wantRoute(1, 2)
	if w.durable[groupA] != 2 {
		t.Errorf("the store is at session %d, want 2: a healthy session was disturbed", w.durable[groupA])
	}
}

func TestReplacedPipelineMovesTheGroupBeforeOursIsBack(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.targets[0].pipeline = false
	w.tick(failover.DefaultTiming().AuditInterval)
	w.until(failover.EffectPushPipeline)
	w.pending = w.pending[1:] // it takes long
	w.settle()
	w.wantRoute(1, 2)
}

// A session that was given up on reports is not adopted again although it is still installed.
func TestReportedSessionIsNotAdoptedAgain(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.tick(10 * time.Second)
	w.core.Report(w.now, groupA, 1, 0)
	w.core.Report(w.now, groupA, 1, 1)
	w.collect()
	for len(w.pending) > 0 {
		w.happen(0)
		if w.pending[0].Kind == failover.EffectAllocate {
			w.pending[0].ok = false // the store fails
		}
		w.answer(0)
	}
	w.lose(0, false)
	w.connect(0)
	w.settle()
	if got := w.core.Status().Groups[0].Phase; got != "searching" {
		t.Fatalf("group A is %s without a new number, want searching", got)
	}
	w.tick(time.Second)
	w.settle()
	if got := w.published[groupA].session; got < 2 {
		t.Fatalf("group A is published in session %d, want a new one", got)
	}
}

func TestInstallThatFailsDuringAnAudit(t *testing.T) {
	for _, during := range []failover.EffectKind{failover.EffectReadPipeline, failover.EffectReadEntries, failover.EffectPrepare} {
		t.Run(during.String(), func(t *testing.T) {
			w := newWorld(t, 1, groupA)
			w.up()
			w.tick(failover.DefaultTiming().AuditInterval)
			w.report(1, 0) // too few on their own
			w.tick(failover.DefaultTiming().AuditInterval)
			w.core.Report(w.now, groupA, 1, 0)
			w.core.Report(w.now, groupA, 1, 1)
			w.collect()
			var install, audit pending
			for install.Kind == 0 || audit.Kind == 0 {
				switch p := w.pending[0]; {
				case p.Kind == failover.EffectInstall:
					install = p
				case p.Kind == during:
					w.happen(0)
					audit = w.pending[0]
				default:
					w.happen(0)
					w.answer(0)
					continue
				}
				w.pending = w.pending[1:]
			}
			install.done = true // refused
			w.pending = append(w.pending, install, audit)
			w.settle()
			if got := w.core.Status().Groups[0].Phase; got == "verifying" {
				t.Fatal("the target is not read again")
			}
			w.tick(10 * time.Millisecond)
			w.settle()
			w.wantRoute(0, 3)
		})
	}
}

func TestAnswersOfAnEarlierConnectionAreIgnored(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.connect(0)
	late := w.pending
	for i := range late {
		w.happen(i)
	}
	w.pending = nil
	w.lose(0, false)
	w.connect(0)
	w.pending = append(late, w.pending...)
	before := len(w.pending)
	w.answer(0)
	if len(w.pending) != before-1 {
		t.Errorf("the core acts on the answer of an earlier connection: %v", w.pending)
	}
	w.settle()
	w.wantRoute(0, 1)
}

func TestConnectionThatReplacesAnother(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.up()
	w.targets[0].conn++
	w.core.Connected(w.now, 0)
	w.collect()
	w.settle()
	w.wantRoute(0, 1)
	if w.durable[groupA] != 1 {
		t.Errorf("the store is at session %d, want 1", w.durable[groupA])
	}
}

func TestStoreFailureIsRetried(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.connect(0)
	w.until(failover.EffectAllocate)
	w.pending[0].done = true
	w.answer(0)
	w.settle()
	if got := w.published[groupA]; got.session != 0 {
		t.Fatalf("published %+v without a durable number", got)
	}
	w.tick(w.core.Deadline() - w.now)
	w.settle()
	w.wantRoute(0, 1)
}

func TestGroupsAreIndependent(t *testing.T) {
	w := newWorld(t, 2, groupA, groupB)
	w.up()
	w.tick(time.Second)
	w.settle()
	w.report(1, 0, 1)
	w.wantRoute(1, 2)
	if got, want := w.published[groupB], (publication{0, 1}); got != want {
		t.Fatalf("group B is published as %+v, want %+v", got, want)
	}
	w.lose(0, true)
	w.settle()
	w.wantRoute(1, 2)
	if got, want := w.published[groupB], (publication{1, 2}); got != want {
		t.Fatalf("group B is published as %+v, want %+v", got, want)
	}
}

func TestUnpreparedTargetKeepsItsSession(t *testing.T) {
	w := newWorld(t, 2, groupA)
	w.up()
	w.tick(failover.DefaultTiming().AuditInterval)
	for len(w.pending) > 0 {
		w.happen(0)
		if w.pending[0].Kind == failover.EffectPrepare {
			w.pending[0].ok = false
		}
		w.answer(0)
	}
	w.wantRoute(0, 1)
	if s := w.core.Status(); s.Targets[0].Ready || s.Groups[0].Phase != "active" {
		t.Errorf("status is %+v, want an active group on a target that is not ready", s)
	}
}

func TestNumberThatGoesBackStopsTheCore(t *testing.T) {
	w := newWorld(t, 1, groupA)
	w.up()
	core := w.core
	core.Allocated(w.now, groupA, 1)
	if err := core.Err(); err == nil || !strings.Contains(err.Error(), "session 1") {
		t.Fatalf("Err() = %v, want the violated invariant", err)
	}
	if n := len(core.Effects()); n != 0 {
		t.Errorf("a stopped core wants %d effects, want none", n)
	}
}
