#!/usr/bin/python3
"""Runs a NOPaxos cluster on Mininet: one BMv2 switch or a fat-tree of them, every role on a host of its own.

On the client's host `nopaxos-lab load` loads the cluster and checks that the clients' history is linearizable and
that no acknowledged write is lost. With --fail sequencer the sequencing switch loses its power under load. Exit
status: 0 if all checks passed, 1 if not, 2 if something is not installed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 120  # for the start of a cluster: twenty switches are slow on a small machine


def missing():
    """Returns what must be installed, or None."""
    try:
        import mininet.net  # noqa: F401
    except ImportError:
        return f"Mininet is not installed for {sys.executable}: apt install mininet, and run this with /usr/bin/python3"
    for program, source in (
        ("simple_switch_grpc", "BMv2: the package p4lang-bmv2 of the p4lang repository for Debian and Ubuntu"),
        ("ethtool", "apt install ethtool"),
    ):
        if not shutil.which(program):
            return f"{program} is not installed: {source}"
    if os.geteuid() != 0:
        return "Mininet needs root"
    return None


class Testbed:
    """A cluster on Mininet."""

    def __init__(self, nopaxos, lab, directory, plan):
        from mininet.net import Mininet
        from network import PlannedTopo

        self.nopaxos, self.lab, self.directory, self.plan = nopaxos, lab, directory, plan
        self.roles = []
        # Keeps Mininet from raising limits of the whole machine, which only huge networks need.
        Mininet.inited = True
        self.net = Mininet(topo=PlannedTopo(plan=plan, nopaxos=nopaxos, cluster=plan["cluster_file"], log_dir=directory),
                           controller=None, autoSetMacs=False, waitConnected=False)

    def start(self):
        """Starts the network, the switches and the roles, and waits until a write has committed."""
        self.net.start()
        for switch in self.plan["switches"]:
            self.net[switch["name"]].await_serving()
        for host in self.plan["hosts"]:
            if "arguments" in host:
                with open(os.path.join(self.directory, host["name"] + ".log"), "wb") as log:
                    command = [self.nopaxos] + host["arguments"]
                    self.roles.append(self.net[host["name"]].popen(command, stdout=log, stderr=log))
        deadline = time.monotonic() + PATIENCE_S
        while self.client("client", "DEL", "nopaxos:is-ready").returncode != 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no write committed within {PATIENCE_S} s")

    def client(self, command, *arguments):
        """Runs a command of nopaxos on the client's host."""
        line = [self.nopaxos, command, "--cluster", self.plan["cluster_file"], *arguments]
        process = self.net["client"].popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate()
        return subprocess.CompletedProcess(line, process.returncode, out, err)

    def group(self):
        """Returns the status of the group."""
        return json.loads(self.client("status", "--json").stdout)["groups"][0]

    def load(self, duration, fail_sequencer):
        """Loads the cluster and returns the exit status of the load: 0 if all checks passed."""
        load = self.net["client"].popen(
            [self.lab, "load", "--cluster", self.plan["cluster_file"], "--workers", "4", "--marks", "--duration", "0"],
            stdin=subprocess.PIPE, stdout=None, stderr=None)
        time.sleep(duration / 3)
        if fail_sequencer:
            self.fail_sequencer(load.stdin)
        time.sleep(duration * 2 / 3)
        load.stdin.close()
        return load.wait()

    def fail_sequencer(self, marks):
        """Powers the sequencing switch off and waits until another sequences."""
        before = self.group()
        marks.write(f"power off the sequencer ({before['sequencer']})\n".encode())
        marks.flush()
        self.net[before["sequencer"]].power_off()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            after = self.group()
            if after["ok"] and after["session"] > before["session"]:
                print(f"sequenced by {before['sequencer']} before, by {after['sequencer']} now", flush=True)
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"no switch took over from {before['sequencer']} within {PATIENCE_S} s")

    def stop(self):
        """Ends the roles and the network."""
        for role in self.roles:
            role.terminate()
        for role in self.roles:
            role.wait()
        self.net.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nopaxos", default="bin/nopaxos", help="the binary of the roles (default: bin/nopaxos)")
    parser.add_argument("--lab", default="bin/nopaxos-lab", help="the binary of the laboratory (default: bin/nopaxos-lab)")
    parser.add_argument("--topology", choices=("single", "fat-tree"), default="single")
    parser.add_argument("--k", type=int, choices=(2, 4), default=2, help="pods of the fat-tree, and ports of its switches")
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--duration", type=float, default=15, help="seconds of load")
    parser.add_argument("--fail", choices=("sequencer",), help="the switch to power off after a third of the duration")
    given = parser.parse_args()
    if given.fail and given.topology == "single":
        parser.error("--fail sequencer needs --topology fat-tree: one switch has no other to take over from it")
    return given


def main():
    given = arguments()
    problem = missing()
    if problem:
        print("testbed:", problem, file=sys.stderr)
        return 2
    directory = tempfile.mkdtemp(prefix="nopaxos-mininet-")
    status = 1
    try:
        status = run(given, os.path.abspath(given.nopaxos), os.path.abspath(given.lab), directory)
    except RuntimeError as failed:
        print("testbed:", failed, file=sys.stderr)
    finally:
        if status == 0:
            shutil.rmtree(directory)
        else:
            print("the logs of roles and switches are in", directory)
    return status


def run(given, nopaxos, lab, directory):
    """Runs the testbed and returns the exit status of its load."""
    subprocess.run([lab, "testbed", "--switch", "bmv2", "--topology", given.topology, "--k", str(given.k),
                    "--replicas", str(given.replicas), "--write-plan", directory], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(directory, "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    print(f"{given.topology} of {len(plan['switches'])} BMv2 switches and {len(plan['hosts'])} hosts", flush=True)
    testbed = Testbed(nopaxos, lab, directory, plan)
    try:
        testbed.start()
        return testbed.load(given.duration, given.fail == "sequencer")
    finally:
        testbed.stop()


if __name__ == "__main__":
    sys.exit(main())
