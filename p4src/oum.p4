// The OUM switch program for v1model (BMv2): stamps every packet of a group with (session, message
// number) and delivers it to all replicas, OSDI 2016 §4. Read it in the packet's order: parser,
// ingress (ingress.p4, with the session rule in stamp.p4), replication, egress, checksum.
#include <core.p4>
#include <v1model.p4>

#include "include/constants.p4"
#include "include/sizes.p4"
#include "include/headers.p4"

// instance_type of a copy made by the replication engine, as simple_switch numbers it.
const bit<32> INSTANCE_REPLICATION = 5;

#include "v1model/parser.p4"
#include "v1model/checksum.p4"
#include "v1model/drop.p4"
#include "v1model/stamp.p4"
#include "v1model/ingress.p4"
#include "v1model/egress.p4"

V1Switch(OumParser(),
         OumVerifyChecksum(),
         OumIngress(),
         OumEgress(),
         OumComputeChecksum(),
         OumDeparser()) main;
