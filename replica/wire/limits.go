package wire

// MaxReplicas is the largest group that a cluster may have. The data planes set it: a switch numbers the copies of a group's
// messages with its share of the 16-bit replication ids, of which it keeps one for itself.
const MaxReplicas = 63

// MaxGroup is the largest group whose votes replicas and clients can count. Package sim/model looks at groups that
// are larger than what a switch has copy numbers for.
const MaxGroup = 127
