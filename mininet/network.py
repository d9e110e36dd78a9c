"""A testbed's plan as a Mininet topology.

`nopaxos-lab testbed --write-plan` decides names, addresses, ports and cables. This module builds a host for
every role, a BMv2 switch for every switch, and the management network, a bridge that joins the controller, the
switches and the hosts.
"""

import os
import signal
import subprocess

from mininet.node import Node, Switch
from mininet.topo import Topo

MANAGEMENT = "mgmt"


def without_offload(node, interface):
    """Makes the kernel compute checksums and split segments: BMv2 handles complete frames."""
    node.cmd("ethtool", "-K", interface, "tx", "off", "tso", "off", "gso", "off", "gro", "off")


class Host(Node):
    """A host that runs one role."""

    def config(self, gateway=None, **params):
        result = super().config(**params)
        self.cmd("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
        if gateway:
            without_offload(self, "eth0")
            self.cmd("ip route replace default via", gateway)
        return result


class Bmv2Switch(Switch):
    """A switch that `nopaxos bmv2` runs. The controller pushes its program and its entries."""

    def __init__(self, name, nopaxos="", cluster="", log_dir="", **params):
        super().__init__(name, **params)
        self.command = [nopaxos, "bmv2", "--cluster", cluster, "--switch", name]
        self.log_path = os.path.join(log_dir, name + ".log")
        self.process = None

    def start(self, _controllers):
        """Starts the switch without waiting for it; see await_serving."""
        self.cmd("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 && ip link set lo up")
        command = list(self.command)
        for port, interface in sorted(self.intfs.items()):
            if interface.name.startswith("eth"):
                without_offload(self, interface.name)
                command += ["--port", f"{port}@{interface.name}"]
        with open(self.log_path, "wb") as log:
            self.process = self.popen(command, stdout=subprocess.PIPE, stderr=log)

    def await_serving(self):
        """Waits for the line by which the switch reports that its P4Runtime server answers."""
        if not self.process.stdout.readline():
            raise RuntimeError(f"switch {self.name} did not start, see {self.log_path}")

    def power_off(self):
        """Simulates a power cut: kills the switch and takes its ports down."""
        self.cmd("pkill -9 -P", self.process.pid)  # simple_switch_grpc, a child of nopaxos bmv2
        self.process.kill()
        self.process.wait()
        for interface in self.intfs.values():
            if interface.name.startswith("eth"):
                self.cmd("ip link set", interface.name, "down")

    def stop(self, deleteIntfs=True):
        """Ends the switch."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
        super().stop(deleteIntfs)


class ManagementBridge(Switch):
    """The management network: a bridge of the kernel."""

    def start(self, _controllers):
        self.cmd("ip link add br0 type bridge && ip link set br0 up")
        for interface in self.intfs.values():
            if interface.name != "lo":
                self.cmd("ip link set", interface.name, "master br0 up")


class PlannedTopo(Topo):
    """The network of a plan."""

    def build(self, plan, **switch_params):
        # Mininet cannot derive the OpenFlow number of a switch from these names.
        self.addSwitch(MANAGEMENT, cls=ManagementBridge, inNamespace=True, dpid="1")
        for switch in plan["switches"]:
            number = f"{switch['device_id'] + 1:x}"
            self.addSwitch(switch["name"], cls=Bmv2Switch, inNamespace=True, dpid=number, **switch_params)
            self.attach_management(switch["name"], switch["management"])
        for host in plan["hosts"]:
            self.addHost(host["name"], cls=Host, ip=None, mac=None, gateway=host.get("gateway"))
            if "port" in host:
                self.cable(host["name"], 0, host["port"], addr1=host["mac"], params1={"ip": host["address"]})
            self.attach_management(host["name"], host["management"])
        for link in plan["links"]:
            a, b = link["a"], link["b"]
            self.cable(a["switch"], a["port"], b)

    def cable(self, node, number, to, **params):
        """Connects interface eth<number> of a node with a port of a switch."""
        self.addLink(node, to["switch"], port1=number, port2=to["port"], intfName1=f"eth{number}",
                     intfName2=f"eth{to['port']}", **params)

    def attach_management(self, node, address):
        """Connects a node with the management network, with a port number above all others."""
        beyond_ports = 1000
        self.addLink(node, MANAGEMENT, port1=beyond_ports, intfName1="mgmt0",
                     intfName2=f"m-{node}"[:15], params1={"ip": address})
