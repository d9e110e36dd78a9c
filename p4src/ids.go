package p4src

// Ids of the tables of oum.p4.
const (
	TablePortRole   = 0x02000001 // ingress_port → fabric; a port without an entry is a host port
	TableOUMGroup   = 0x02000002 // (ipv4_dst, sequenced) → sequence, to_sequencer, replicate or group_drop
	TableIPv4LPM    = 0x02000003 // ipv4_dst → forward or oum_drop
	TableOUMCopy    = 0x02000004 // egress_rid → deliver or relay
	TableARPGateway = 0x02000005 // target_ip → arp_reply; other ARP is dropped
)

// Ids of the match fields, by table.
const (
	FieldPortRoleIngressPort = 1 // exact, 9 bits
	FieldOUMGroupIPv4Dst     = 1 // exact, 32 bits: the group's virtual address
	FieldOUMGroupSequenced   = 2 // exact, 1 bit
	FieldIPv4LPMIPv4Dst      = 1 // LPM, 32 bits
	FieldOUMCopyEgressRID    = 1 // exact, 16 bits: instance of the multicast group's replica
	FieldARPGatewayTargetIP  = 1 // exact, 32 bits: a gateway address of the switch
)

// Ids of the actions of oum.p4.
const (
	ActionForward     = 0x01000001
	ActionSequence    = 0x01000002
	ActionToSequencer = 0x01000003
	ActionReplicate   = 0x01000004
	ActionOUMDrop     = 0x01000005
	ActionDeliver     = 0x01000006
	ActionRelay       = 0x01000007
	ActionFabric      = 0x01000008
	ActionARPReply    = 0x01000009
	ActionGroupDrop   = 0x0100000A
	ActionNoAction    = 21257015 // of the core library, with an id of the compiler's choice
)

// Ids of the action parameters, by action.
const (
	ParamForwardPort = 1 // 9 bits
	ParamForwardDMAC = 2 // 48 bits
	ParamForwardSMAC = 3 // 48 bits

	ParamSequenceGroupIndex = 1 // 16 bits, below MaxGroups: the register cell of the group
	ParamSequenceSession    = 2 // 32 bits, not 0
	ParamSequenceToken      = 3 // 64 bits: oumlib.SessionToken of (group, session)
	ParamSequenceMcastGrp   = 4 // 16 bits: the multicast group of the copies

	ParamToSequencerPort = 1 // 9 bits
	ParamToSequencerDMAC = 2 // 48 bits
	ParamToSequencerSMAC = 3 // 48 bits

	ParamReplicateMcastGrp = 1 // 16 bits

	ParamDeliverDMAC    = 1 // 48 bits
	ParamDeliverSMAC    = 2 // 48 bits
	ParamDeliverIP      = 3 // 32 bits: the replica's address
	ParamDeliverUDPPort = 4 // 16 bits: the replica's port

	ParamRelayDMAC = 1 // 48 bits
	ParamRelaySMAC = 2 // 48 bits

	ParamARPReplyMAC = 1 // 48 bits: the switch's own address
)

// Ids of counters and registers.
const (
	CounterOUMGroup    = 0x13000001 // direct counter of oum_group: packets and bytes
	RegisterOUMSession = 0x16000001 // session of each group's cell; inaccessible to controllers
	RegisterOUMNumber  = 0x16000002 // last message number of each group's cell; likewise
)

// Ids of the headers between data plane and controller, and of their metadata.
const (
	HeaderPacketIn  = 0x04000001
	HeaderPacketOut = 0x04000002

	MetadataPacketInIngressPort = 1 // 16 bits
	MetadataPacketOutEgressPort = 1 // 16 bits
)

const (
	// MaxGroups is the number of groups that one target can sequence: the size of its registers.
	MaxGroups = 1024
	// CPUPort is the port between data plane and controller. A packet-out to it returns as a
	// packet-in with ingress port CPUPort, which proves that the data plane forwards packets.
	CPUPort = 510
)

// InitialDefaultIPv4LPM is the action of the default entry of ipv4_lpm until a controller modifies it.
// The default entries of the other tables are constant.
const InitialDefaultIPv4LPM = ActionOUMDrop
