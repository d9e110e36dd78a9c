// The OUM switch program for the Tofino Native Architecture: stamps every packet of a group with
// (session, message number) and delivers it to all replicas, OSDI 2016 §4. The includes follow a
// packet's way. The file of the same name under v1model/ holds the same step for BMv2.
#include <core.p4>
#include <tna.p4>

#include "shared/constants.p4"
#include "shared/sizes.p4"
#include "shared/headers.p4"

#include "tna/chip.p4"
#include "tna/headers.p4"
#include "tna/parser.p4"
#include "tna/ttl.p4"
#include "tna/checksum.p4"
#include "tna/drop.p4"

#include "tna/arp.p4"
#include "tna/stamp.p4"
#include "tna/route.p4"
#include "tna/group.p4"
#include "tna/ingress.p4"

#include "tna/copy.p4"
#include "tna/egress.p4"

#include "tna/deparser.p4"

Pipeline(OumIngressParser(),
         OumIngress(),
         OumIngressDeparser(),
         OumEgressParser(),
         OumEgress(),
         OumEgressDeparser()) pipe;

Switch(pipe) main;
