package p4src

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
)

func mustP4Info(t *testing.T) *p4configv1.P4Info {
	t.Helper()
	info, err := P4Info()
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// object is a declaration with an id: a table, action, counter, register or controller header.
type object struct {
	id     uint32
	fields map[string]field // match fields, parameters or metadata by name
}

type field struct {
	id    uint32
	width int32
}

// fromP4Info returns the objects of a p4info by "kind name".
func fromP4Info(info *p4configv1.P4Info) map[string]object {
	objects := map[string]object{}
	for _, x := range info.GetTables() {
		o := object{x.GetPreamble().GetId(), map[string]field{}}
		for _, f := range x.GetMatchFields() {
			o.fields[f.GetName()] = field{f.GetId(), f.GetBitwidth()}
		}
		objects["table "+x.GetPreamble().GetName()] = o
	}
	for _, x := range info.GetActions() {
		o := object{x.GetPreamble().GetId(), map[string]field{}}
		for _, f := range x.GetParams() {
			o.fields[f.GetName()] = field{f.GetId(), f.GetBitwidth()}
		}
		objects["action "+x.GetPreamble().GetName()] = o
	}
	for _, x := range info.GetDirectCounters() {
		objects["direct_counter "+x.GetPreamble().GetName()] = object{id: x.GetPreamble().GetId()}
	}
	for _, x := range info.GetRegisters() {
		objects["register "+x.GetPreamble().GetName()] = object{id: x.GetPreamble().GetId()}
	}
	for _, x := range info.GetControllerPacketMetadata() {
		o := object{x.GetPreamble().GetId(), map[string]field{}}
		for _, f := range x.GetMetadata() {
			o.fields[f.GetName()] = field{f.GetId(), f.GetBitwidth()}
		}
		objects["header "+x.GetPreamble().GetName()] = o
	}
	return objects
}

func TestConstantsAgreeWithP4Info(t *testing.T) {
	mac, port := int32(48), int32(9)
	want := map[string]object{
		"table port_role": {TablePortRole, map[string]field{"ingress_port": {FieldPortRoleIngressPort, 9}}},
		"table oum_group": {TableOUMGroup, map[string]field{
			"ipv4_dst":  {FieldOUMGroupIPv4Dst, 32},
			"sequenced": {FieldOUMGroupSequenced, 1},
		}},
		"table ipv4_lpm":    {TableIPv4LPM, map[string]field{"ipv4_dst": {FieldIPv4LPMIPv4Dst, 32}}},
		"table oum_copy":    {TableOUMCopy, map[string]field{"egress_rid": {FieldOUMCopyEgressRID, 16}}},
		"table arp_gateway": {TableARPGateway, map[string]field{"target_ip": {FieldARPGatewayTargetIP, 32}}},
		"action forward": {ActionForward, map[string]field{
			"port": {ParamForwardPort, port}, "dmac": {ParamForwardDMAC, mac}, "smac": {ParamForwardSMAC, mac},
		}},
		"action sequence": {ActionSequence, map[string]field{
			"group_index": {ParamSequenceGroupIndex, 16},
			"session":     {ParamSequenceSession, 32},
			"token":       {ParamSequenceToken, 64},
			"mcast_grp":   {ParamSequenceMcastGrp, 16},
		}},
		"action to_sequencer": {ActionToSequencer, map[string]field{
			"port": {ParamToSequencerPort, port}, "dmac": {ParamToSequencerDMAC, mac}, "smac": {ParamToSequencerSMAC, mac},
		}},
		"action replicate":  {ActionReplicate, map[string]field{"mcast_grp": {ParamReplicateMcastGrp, 16}}},
		"action oum_drop":   {ActionOUMDrop, nil},
		"action group_drop": {ActionGroupDrop, nil},
		"action deliver": {ActionDeliver, map[string]field{
			"dmac": {ParamDeliverDMAC, mac}, "smac": {ParamDeliverSMAC, mac},
			"ip": {ParamDeliverIP, 32}, "udp_port": {ParamDeliverUDPPort, 16},
		}},
		"action relay":     {ActionRelay, map[string]field{"dmac": {ParamRelayDMAC, mac}, "smac": {ParamRelaySMAC, mac}}},
		"action fabric":    {ActionFabric, nil},
		"action arp_reply": {ActionARPReply, map[string]field{"mac": {ParamARPReplyMAC, mac}}},
		"action NoAction":  {ActionNoAction, nil},

		"direct_counter oum_group_counter": {CounterOUMGroup, nil},
		"register oum_session":             {RegisterOUMSession, nil},
		"register oum_number":              {RegisterOUMNumber, nil},

		"header packet_in":  {HeaderPacketIn, map[string]field{"ingress_port": {MetadataPacketInIngressPort, 16}}},
		"header packet_out": {HeaderPacketOut, map[string]field{"egress_port": {MetadataPacketOutEgressPort, 16}}},
	}
	compare(t, want, fromP4Info(mustP4Info(t)))
}

func compare(t *testing.T, want, got map[string]object) {
	t.Helper()
	for name, w := range want {
		g, ok := got[name]
		switch {
		case !ok:
			t.Errorf("%s is missing", name)
			continue
		case g.id != w.id:
			t.Errorf("%s has id %#x, want %#x", name, g.id, w.id)
		case len(g.fields) != len(w.fields):
			t.Errorf("%s has %d fields, want %d", name, len(g.fields), len(w.fields))
		}
		for f, wf := range w.fields {
			if gf := g.fields[f]; gf != wf {
				t.Errorf("%s: field %s is %+v, want %+v", name, f, gf, wf)
			}
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is unexpected", name)
		}
	}
}

// programs maps the directory of an architecture to its top-level file.
var programs = map[string]string{"v1model": "oum.p4", "tna": "oum_tna.p4"}

// source returns the concatenated sources of an architecture without comments.
func source(t *testing.T, arch string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{programs[arch], "shared/*.p4", arch + "/*.p4"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files match %s: %v", pattern, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
			all.WriteByte('\n')
		}
	}
	return regexp.MustCompile(`//[^\n]*`).ReplaceAllString(all.String(), "")
}

// TestArchitecturesMirrorEachOther checks that v1model/ and tna/ have files of the same names.
func TestArchitecturesMirrorEachOther(t *testing.T) {
	files := func(arch string) []string {
		entries, err := os.ReadDir(arch)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			if e.Name() != "chip.p4" { // the parameters of a Tofino chip
				names = append(names, e.Name())
			}
		}
		return names
	}
	if v1model, tna := files("v1model"), files("tna"); !slices.Equal(v1model, tna) {
		t.Errorf("v1model/ has %v, tna/ has %v", v1model, tna)
	}
}

var (
	reNamed  = regexp.MustCompile(`@name\("\.(\w+)"\)\s*@id\((0x[0-9a-fA-F]+)\)\s*(table|action|direct_counter|register|DirectCounter|Register)\b`)
	reHeader = regexp.MustCompile(`@controller_header\("(\w+)"\)\s*@id\((0x[0-9a-fA-F]+)\)\s*header\s+\w+\s*\{([^}]*)\}`)
	reKeys   = regexp.MustCompile(`key\s*=\s*\{([^}]*)\}`)
	reKey    = regexp.MustCompile(`@name\("(\w+)"\)\s*@id\((\d+)\)`)
	reParam  = regexp.MustCompile(`@id\((\d+)\)\s*(\S+)\s+(\w+)`)
)

var typeWidths = map[string]int32{"port_t": 9, "mac_addr_t": 48, "ipv4_addr_t": 32}

func width(t *testing.T, typ string) int32 {
	t.Helper()
	if w, ok := typeWidths[typ]; ok {
		return w
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(typ, "bit<"), ">"), 10, 32)
	if err != nil {
		t.Fatalf("type %q: %v", typ, err)
	}
	return int32(n)
}

func number(t *testing.T, s string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

func params(t *testing.T, text string) map[string]field {
	t.Helper()
	fields := map[string]field{}
	for _, m := range reParam.FindAllStringSubmatch(text, -1) {
		fields[m[3]] = field{number(t, m[1]), width(t, m[2])}
	}
	return fields
}

// annotated returns the objects that the annotations of a program declare. It copies the widths of match
// fields from keys, since only the compiler knows the width of a key's expression.
func annotated(t *testing.T, text string, keys map[string]object) map[string]object {
	t.Helper()
	got := map[string]object{}
	for _, m := range reNamed.FindAllStringSubmatchIndex(text, -1) {
		name, id, kind := text[m[2]:m[3]], text[m[4]:m[5]], text[m[6]:m[7]]
		o := object{id: number(t, id)}
		rest := text[m[1]:]
		switch kind {
		case "action":
			o.fields = params(t, rest[:strings.Index(rest, "{")])
		case "table":
			o.fields = map[string]field{}
			for _, k := range reKey.FindAllStringSubmatch(reKeys.FindString(rest), -1) {
				o.fields[k[1]] = field{number(t, k[2]), keys["table "+name].fields[k[1]].width}
			}
		case "DirectCounter":
			kind = "direct_counter"
		case "Register":
			kind = "register"
		}
		got[kind+" "+name] = o
	}
	for _, m := range reHeader.FindAllStringSubmatch(text, -1) {
		got["header "+m[1]] = object{number(t, m[2]), params(t, m[3])}
	}
	return got
}

// TestSourcesAgreeWithP4Info compares every @id of both programs with the p4info, so that one control
// plane drives both.
func TestSourcesAgreeWithP4Info(t *testing.T) {
	for arch := range programs {
		t.Run(arch, func(t *testing.T) {
			want := fromP4Info(mustP4Info(t))
			got := annotated(t, source(t, arch), want)
			delete(want, "action NoAction") // the core library's
			if arch == "tna" {
				// A cell consists of other registers there, which no controller accesses.
				isRegister := func(name string, _ object) bool { return strings.HasPrefix(name, "register ") }
				maps.DeleteFunc(want, isRegister)
				maps.DeleteFunc(got, isRegister)
			}
			compare(t, want, got)
		})
	}
}

// TestBMv2ConfigAgreesWithP4Info checks that p4info and JSON come from the same program:
// simple_switch_grpc finds the tables and actions of the p4info in the JSON by name.
func TestBMv2ConfigAgreesWithP4Info(t *testing.T) {
	type named struct {
		Name string `json:"name"`
		Size int64  `json:"max_size"`
	}
	var config struct {
		Actions   []named
		Pipelines []struct{ Tables []named }
		Registers []named `json:"register_arrays"`
	}
	if err := json.Unmarshal(BMv2Config(), &config); err != nil {
		t.Fatal(err)
	}
	sizes, names := map[string]int64{}, map[string]bool{}
	for _, pipeline := range config.Pipelines {
		for _, table := range pipeline.Tables {
			sizes[table.Name] = table.Size
		}
	}
	for _, x := range append(config.Actions, config.Registers...) {
		names[x.Name] = true
	}
	info := mustP4Info(t)
	for _, table := range info.GetTables() {
		name := table.GetPreamble().GetName()
		if size, ok := sizes[name]; !ok || size != table.GetSize() {
			t.Errorf("table %s has size %d (there: %v), want %d", name, size, ok, table.GetSize())
		}
	}
	for _, action := range info.GetActions() {
		if name := action.GetPreamble().GetName(); !names[name] {
			t.Errorf("action %s is missing", name)
		}
	}
	for _, register := range info.GetRegisters() {
		if name := register.GetPreamble().GetName(); !names[name] {
			t.Errorf("register %s is missing", name)
		}
	}
}

func TestSizesAgreeWithSources(t *testing.T) {
	text := source(t, "v1model")
	define := func(name string) int64 {
		m := regexp.MustCompile(`#define\s+` + name + `\s+(\d+)`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no #define of %s", name)
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	info := mustP4Info(t)
	for _, table := range info.GetTables() {
		name := strings.ToUpper(table.GetPreamble().GetName()) + "_SIZE"
		if want := define(name); table.GetSize() != want {
			t.Errorf("table %s: size %d, %s is %d", table.GetPreamble().GetName(), table.GetSize(), name, want)
		}
	}
	if n := define("OUM_GROUPS"); n != MaxGroups {
		t.Errorf("OUM_GROUPS is %d, MaxGroups is %d", n, MaxGroups)
	}
	for _, r := range info.GetRegisters() {
		if r.GetSize() != MaxGroups {
			t.Errorf("register %s has %d cells, want %d", r.GetPreamble().GetName(), r.GetSize(), MaxGroups)
		}
	}
	if !strings.Contains(text, "CPU_PORT = "+strconv.Itoa(CPUPort)+";") {
		t.Errorf("the sources do not define CPU_PORT as %d", CPUPort)
	}
}
