// The OUM switch program for v1model (BMv2): stamps every packet of a group with (session, message
// number) and delivers it to all replicas, OSDI 2016 §4. The includes follow a packet's way. The file
// of the same name under tna/ holds the same step for Tofino.
#include <core.p4>
#include <v1model.p4>

#include "shared/constants.p4"
#include "shared/sizes.p4"
#include "shared/headers.p4"

#include "v1model/headers.p4"
#include "v1model/parser.p4"
#include "v1model/ttl.p4"
#include "v1model/checksum.p4"
#include "v1model/drop.p4"

#include "v1model/arp.p4"
#include "v1model/stamp.p4"
#include "v1model/group.p4"
#include "v1model/route.p4"
#include "v1model/ingress.p4"

#include "v1model/copy.p4"
#include "v1model/egress.p4"

#include "v1model/deparser.p4"

V1Switch(OumParser(),
         OumVerifyChecksum(),
         OumIngress(),
         OumEgress(),
         OumComputeChecksum(),
         OumDeparser()) main;
