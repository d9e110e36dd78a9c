package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/netordered/nopaxos/internal/wait"
)

// Machine describes the machine of a run.
type Machine struct {
	Version, Go, OS, Arch string // Version of the program: a tag, or a commit
	CPU                   string
	Cores                 int
	Kernel                string
	Load                  []float64 `json:",omitempty"` // averages over 1, 5 and 15 minutes when the run began
	Busy                  float64   // share of the cores that other processes used just before the run
	Others                float64   // share of the cores that other processes used during the run
	Stolen                float64   // share of the cores that the hypervisor withheld during the run
}

// The largest shares of the cores that other processes and the hypervisor may take without a warning.
const (
	mostBusy   = 0.1
	mostStolen = 0.02
)

// busyTime is the time for which the machine is observed before a run.
const busyTime = 500 * time.Millisecond

// lookAtMachine describes the machine and its current load. Fields that the system does not provide stay empty.
func lookAtMachine(ctx context.Context, version string) (Machine, error) {
	m := Machine{
		Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Cores: runtime.NumCPU(), Load: loadAverage(),
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	before := readTicks()
	if err := wait.For(ctx, busyTime); err != nil {
		return m, err
	}
	m.Busy, _ = readTicks().since(before)
	return m, nil
}

// loadAverage returns nil if the system does not provide it.
func loadAverage() []float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return nil
	}
	list := make([]float64, 3)
	if _, err := fmt.Sscan(string(text), &list[0], &list[1], &list[2]); err != nil {
		return nil
	}
	return list
}

// coreTicks counts the time of all cores in ticks of the kernel's clock: proc_stat(5). Interrupts belong to no process.
type coreTicks struct{ all, idle, interrupts, stolen uint64 }

// readTicks returns zeros if the system does not provide them.
func readTicks() (t coreTicks) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return t
	}
	defer f.Close() // read only
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return t
	}
	var user, nice, system, idle, waiting, irq, softIRQ, stolen uint64
	_, err = fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &waiting, &irq, &softIRQ, &stolen)
	if err != nil {
		return coreTicks{}
	}
	idle += waiting
	return coreTicks{
		all: user + nice + system + idle + irq + softIRQ + stolen, idle: idle, interrupts: irq + softIRQ, stolen: stolen,
	}
}

// since returns the shares of the time since an earlier reading that were used and stolen.
func (t coreTicks) since(before coreTicks) (used, stolen float64) {
	all := float64(t.all - before.all)
	if t.all <= before.all {
		return 0, 0
	}
	stolen = float64(t.stolen-before.stolen) / all
	return 1 - float64(t.idle-before.idle+t.interrupts-before.interrupts)/all - stolen, stolen
}

// watch measures the share of the cores that others take, until the returned function is called. All processes of the
// run must have ended by then.
func (m *Machine) watch() (end func()) {
	began, cores, ours := time.Now(), readTicks(), ownTime()
	return func() {
		used, stolen := readTicks().since(cores)
		share := float64(ownTime()-ours) / float64(time.Since(began)) / float64(m.Cores)
		m.Others, m.Stolen = max(0, used-share), stolen
	}
}

// warnings lists reasons to distrust figures of this machine.
func (m *Machine) warnings() []string {
	var list []string
	if m.Busy > mostBusy {
		list = append(list, fmt.Sprintf("the machine was busy before the run: other processes used %s of its cores, expected at most %s",
			percent(m.Busy), percent(mostBusy)))
	}
	if m.Others > mostBusy {
		list = append(list, fmt.Sprintf("the machine was busy during the run: other processes used %s of its cores, expected at most %s",
			percent(m.Others), percent(mostBusy)))
	}
	if m.Stolen > mostStolen {
		list = append(list, fmt.Sprintf("the hypervisor withheld %s of the cores' time, expected at most %s",
			percent(m.Stolen), percent(mostStolen)))
	}
	return list
}

// String describes the machine in a line.
func (m Machine) String() string {
	text := fmt.Sprintf("%s, %d cores, %s %s, %s, nopaxos %s", m.CPU, m.Cores, m.OS, m.Kernel, m.Go, m.Version)
	if len(m.Load) > 0 {
		text += fmt.Sprintf("; load average %.2f at the start; other processes used %s of the cores before the run, %s during it",
			m.Load[0], percent(m.Busy), percent(m.Others))
	}
	return text
}
