// Package cluster reads and writes the cluster file: the one YAML file that describes a cluster and
// from which every role (controller, sequencer, replica, front-end, client) takes its part.
//
//	name: lab
//	mtu: 1400                        # largest UDP payload that the network carries, in bytes
//	key_file: cluster.key            # for controllers and replicas: hex, at least 16 bytes, mode 0600
//	client_key_file: client.key      # for front-ends and clients, which then need no cluster key
//	controllers:
//	  - address: 10.0.0.1:9600       # gRPC
//	    http: 10.0.0.1:9601          # /metrics /healthz /status
//	    dir: /var/lib/nopaxos        # the durable session numbers
//	sequencers:                      # in the order of preference
//	  - name: middlebox-a
//	    kind: udp
//	    device_id: 1
//	    p4runtime: 10.0.0.2:9559     # gRPC
//	    data: 10.0.0.2:9797          # UDP: where requests go
//	    http: 10.0.0.2:9561
//	groups:
//	  - name: kv
//	    address: 10.97.0.1           # the group's virtual IPv4 address, which is its number
//	    f: 1                         # failures to survive; a group has 2f+1 replicas
//	    replicas:
//	      - address: 10.0.0.3:9701   # UDP
//	        bulk: 10.0.0.3:9701      # TCP, for what exceeds a datagram
//	        http: 10.0.0.3:9702
//	        dir: /var/lib/nopaxos
//	      - …
//	kv:                              # front-ends that speak the Redis protocol
//	  - resp: 127.0.0.1:7379
//	    group: kv
//	    http: 127.0.0.1:7380
//	    password_file: kv.password   # optional, mode 0600: what clients give to AUTH
//	    tls_cert: kv.crt             # optional, PEM; with tls_key, which has mode 0600
//	    tls_key: kv.key
//	timing:                          # optional; every field has a default
//	  suspect_leader: 30ms
//
// Reading is strict: what is unknown, twice there, missing or contradictory is an [Error], which is
// one line that names file, line, key, what is wrong and what is expected. Relative paths are
// relative to the cluster file.
package cluster
