// Package cluster reads and writes the cluster file: the YAML file that describes a cluster and from which every role
// (controller, sequencer, replica, front-end, client) takes its part.
//
//	name: lab
//	mtu: 1400                        # largest UDP payload that the network carries, in bytes; on Ethernet at most 1472
//	key_file: cluster.key            # for controllers and replicas: hex, at least 16 bytes, mode 0600
//	client_key_file: client.key      # for front-ends and clients, which then need no cluster key
//	controllers:
//	  - address: 10.0.0.1:9600       # gRPC
//	    http: 10.0.0.1:9601          # /metrics /healthz /status
//	    dir: /var/lib/nopaxos        # the durable session numbers
//	topology:                        # optional: the P4 switches between the hosts
//	  management: 10.255.0.0/24      # optional: a network beside the switches that leads to the controller
//	  probe: 100ms                   # optional: how often links between BMv2 switches are probed, 10ms to 10s
//	  switches:
//	    - name: s1
//	      kind: bmv2                 # or tofino
//	      device_id: 1               # default 1
//	      p4runtime: 10.255.0.2:9559 # gRPC
//	      mac: "02:00:00:00:01:00"   # default: derived from the name
//	      program: oum.json          # default for bmv2: the one that nopaxos carries
//	    - …
//	  links: ["s1/1 - s2/3"]         # switch/port - switch/port
//	  hosts:
//	    - name: h1
//	      address: 10.0.1.2
//	      mac: "02:00:00:00:00:01"
//	      port: s1/3
//	      gateway: 10.0.1.1          # optional: the switch answers ARP for it
//	    - …
//	sequencers:                      # in the order of preference
//	  - name: s1                     # a switch of the topology, which has its other keys
//	    kind: bmv2
//	  - name: middlebox-a
//	    kind: udp
//	    device_id: 1
//	    p4runtime: 10.0.0.2:9559     # gRPC
//	    data: 10.0.0.2:9797          # UDP: receives requests
//	    http: 10.0.0.2:9561
//	groups:
//	  - name: kv
//	    address: 10.97.0.1           # virtual IPv4 address, which is the group's number
//	    f: 1                         # failures to survive; a group has 2f+1 replicas
//	    replicas:
//	      - address: 10.0.0.3:9701   # UDP
//	        bulk: 10.0.0.3:9701      # TCP: messages that exceed a datagram; default: the same
//	        http: 10.0.0.3:9702
//	        dir: /var/lib/nopaxos
//	      - …
//	kv:                              # front-ends that speak the Redis protocol
//	  - resp: 127.0.0.1:7379
//	    group: kv
//	    http: 127.0.0.1:7380
//	    password_file: kv.password   # optional, mode 0600: the password for AUTH
//	    tls_cert: kv.crt             # optional, PEM; with tls_key, which has mode 0600
//	    tls_key: kv.key
//	    max_connections: 20000       # optional, like all keys of limits.FrontEnd
//	timing:                          # optional, like all keys of limits.Timing
//	  suspect_leader: 30ms
//	limits:                          # optional, like all keys of limits.Replica
//	  log_bytes: 67108864
//	clients:                         # optional, like all keys of limits.Client
//	  window: 1024
//
// Package [github.com/netordered/nopaxos/cluster/limits] documents the keys of timing, limits and clients, and the limits
// of front-ends, with their defaults. A new key is a field of a struct here or there: its tags have its name, its form, its
// default and its bounds (see decode.go).
//
// Reading is strict: an unknown, duplicate, missing or contradictory key is an [Error], one line that names the file, the
// line, the key, the problem and the expected value. Relative paths are relative to the cluster file.
package cluster
