package status

// Cluster is the status of every role in a cluster file.
type Cluster struct {
	Name        string   `json:"name"`
	Verdict     Verdict  `json:"verdict"`           // the worst one of a group
	Missing     []string `json:"missing,omitempty"` // controllers and sequencers that are missing, and why
	Groups      []Group  `json:"groups"`
	Controllers []Probe  `json:"controllers"`
	Sequencers  []Probe  `json:"sequencers"`
	FrontEnds   []Probe  `json:"kv"`
}

// Group is the status of a group, derived from the answers of its replicas and front-ends, the sequencers and
// the controllers.
type Group struct {
	Name      string   `json:"name"`
	Address   string   `json:"address"`
	F         int      `json:"f"`
	Verdict   Verdict  `json:"verdict"`
	Problem   string   `json:"problem,omitempty"`   // why it is not served, and the remedy
	Missing   []string `json:"missing,omitempty"`   // members of the group that are missing, and why
	Risks     []string `json:"risks,omitempty"`     // what may fail now, or what one more failure would cost
	Leader    int      `json:"leader"`              // index of the normal leader; -1: none
	View      string   `json:"view,omitempty"`      // of that leader
	Session   uint32   `json:"session"`             // of that leader
	Sequencer string   `json:"sequencer,omitempty"` // the active one, according to the controller
	Replicas  []Probe  `json:"replicas"`
}

// Probe is one role's status, or the reason for its absence.
type Probe struct {
	Name    string `json:"name"`
	Address string `json:"http"`
	Error   string `json:"error,omitempty"` // why Role is nil
	*Role
}
