# SPDX-License-Identifier: Apache-2.0
"""Builds the peers; what cannot be built is named."""
import os
import subprocess
from pathlib import Path

GIVEN = "TENSORCOM_PEER_PROGRAMS"


class Built:
    """The peers that can be run, and why the others cannot."""

    def __init__(self, benchmarks, work):
        self.peers = benchmarks / "peers"
        self.jar = benchmarks / "target/benchmarks.jar"
        self.work = work
        self.names = set()
        self.commands = {}
        self.missing = []
        native = "install gcc and libzmq3-dev"
        self.make("raw", self.c("raw_socket.c", "raw", "-O3", "-march=native"), native)
        self.make("memcpy", self.c("memcpy.c", "memcpy", "-O3", "-march=native"), native)
        self.make("libzmq", self.c("libzmq.c", "libzmq", "-O2", "-lzmq"), native)
        self.make("nio", self.java("NioRaw.java", work), "install a JDK")
        self.make_jvm_peers()
        self.python = benchmarks.parent / ".python/bin/python"
        if self.python.exists():
            self.names.add("python")
        else:
            self.missing.append("python: no .python; make it with .ci/python-env")
        self.make_given()

    def c(self, source, name, *flags, folder=None):
        path = (folder or self.peers) / source
        libraries = [flag for flag in flags if flag.startswith("-l")]
        options = [flag for flag in flags if not flag.startswith("-l")]
        return ["gcc", *options, path, "-o", self.work / name, *libraries]

    def java(self, source, to, folder=None):
        path = (folder or self.peers) / source
        return ["javac", "-nowarn", "-cp", self.jar, "-d", to, path]

    def make(self, name, command, remedy):
        command = list(map(str, command))
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
            self.names.add(name)
            self.commands[name] = command
        except subprocess.CalledProcessError as e:
            told = (e.stderr + e.stdout).strip().split("\n")[0]
            self.missing.append(f"{name}: cannot build it ({told}); {remedy}")
        except OSError as e:
            self.missing.append(f"{name}: cannot build it ({e}); {remedy}")

    def make_jvm_peers(self):
        """gRPC, Flight and Aeron; built again only when their sources are newer."""
        self.jvm = self.peers / "jvm/target"
        jar, project = self.jvm / "peers.jar", self.peers / "jvm"
        sources = [project / "pom.xml", *project.glob("src/**/*.java")]
        command = ["mvn", "-B", "-q", "-f", project / "pom.xml", "clean", "package"]
        if not jar.exists() or jar.stat().st_mtime < max(s.stat().st_mtime for s in sources):
            self.make("jvm", command, "gRPC, Flight and Aeron need Maven and its artifacts")
        else:
            self.names.add("jvm")
            self.commands["jvm"] = list(map(str, command))

    def make_given(self):
        """Baselines made by others, which ours must not be slower than."""
        folder = os.environ.get(GIVEN)
        if not folder:
            self.missing.append(f"given-*: {GIVEN} is not set, no baselines to hold ours against")
            return
        folder, to = Path(folder), self.work / "given"
        to.mkdir()
        builds = {
            "raw_socket.c": self.c(
                "raw_socket.c", "given/raw", "-O3", "-march=native", folder=folder
            ),
            "libzmq.c": self.c("libzmq.c", "given/libzmq", "-O2", "-lzmq", folder=folder),
            "NioRaw.java": self.java("NioRaw.java", to, folder),
            "JeromqRaw.java": self.java("JeromqRaw.java", to, folder),
        }
        self.given_python = str(folder / "tensorcom_py.py")
        if "python" in self.names and Path(self.given_python).exists():
            self.names.add("given-python")
        else:
            self.missing.append(f"given-python: no {self.given_python}, or no .python")
        names = ["given-raw", "given-libzmq", "given-nio", "given-jeromq"]
        for name, (source, command) in zip(names, builds.items()):
            if (folder / source).exists():
                self.make(name, command, f"is {folder / source} sound?")
            else:
                self.missing.append(f"{name}: no {folder / source}")
