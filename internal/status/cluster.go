package status

// Cluster is the status of every role in a cluster file.
type Cluster struct {
	Name        string  `json:"name"`
	OK          bool    `json:"ok"` // every group has a leader and f+1 normal replicas in its view
	Groups      []Group `json:"groups"`
	Controllers []Probe `json:"controllers"`
	Sequencers  []Probe `json:"sequencers"`
	FrontEnds   []Probe `json:"kv"`
}

// Group is the status of a group, derived from its replicas' and the controllers'.
type Group struct {
	Name      string  `json:"name"`
	Address   string  `json:"address"`
	F         int     `json:"f"`
	OK        bool    `json:"ok"`                  // a leader is normal and so are f others in its view
	Problem   string  `json:"problem,omitempty"`   // why it is not OK, and the remedy
	Leader    int     `json:"leader"`              // index of the normal leader; -1: none
	View      string  `json:"view,omitempty"`      // of that leader
	Session   uint32  `json:"session"`             // of that leader
	Sequencer string  `json:"sequencer,omitempty"` // the active one, according to the controller
	Replicas  []Probe `json:"replicas"`
}

// Probe is one role's status, or the reason for its absence.
type Probe struct {
	Name    string `json:"name"`
	Address string `json:"http"`
	Error   string `json:"error,omitempty"` // why Role is nil
	*Role
}
