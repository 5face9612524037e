# SPDX-License-Identifier: Apache-2.0
"""What a report must name: the machine and the versions of what ran on it."""
import os
import platform
import re
import subprocess
import zipfile
from pathlib import Path

NAMED = ("tensorcom-core", "jeromq", "netty-transport", "flight-core", "grpc-netty", "aeron-driver")
PEER = """
import sys
from importlib.metadata import version
import numpy, torch, zmq
print("Python %s, tensorcom %s, pyzmq %s, libzmq %s, numpy %s, torch %s" % (
    sys.version.split()[0], version("tensorcom"), zmq.__version__, zmq.zmq_version(),
    numpy.__version__, torch.__version__))
"""


def first_line(*command, cwd=None):
    try:
        told = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
        return (told.stdout + told.stderr).strip().split("\n")[0]
    except OSError:
        return None


def field(path, name):
    found = re.search(rf"^{name}\s*[:=]\s*\"?(.*?)\"?$", Path(path).read_text(), re.M)
    return found.group(1) if found else None


def machine():
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": field("/proc/meminfo", "MemTotal"),
        "kernel": platform.release().split("-")[0],
        "system": field("/etc/os-release", "PRETTY_NAME"),
    }


def of_jar(jar):
    """The artifacts within a shaded jar."""
    with zipfile.ZipFile(jar) as file:
        for name in file.namelist():
            if name.endswith("/pom.properties"):
                text = file.read(name).decode()
                values = dict(re.findall(r"^(\w+)=(.*?)\r?$", text, re.M))
                yield values["artifactId"], values["version"]


def of_folder(folder):
    for path in folder.glob("*.jar"):
        found = re.fullmatch(r"(.+?)-(\d[^-]*(?:-SNAPSHOT)?)", path.stem)
        if found:
            yield found.groups()


def versions(jar, peers, python):
    return {
        "commit": first_line("git", "describe", "--always", "--dirty", cwd=jar.parent.parent),
        "java": first_line("java", "-version"),
        "gcc": first_line("gcc", "--version"),
        "python peer": first_line(str(python), "-c", PEER) if python.exists() else None,
        "ours": {name: version for name, version in of_jar(jar) if name in NAMED},
        "peers": {name: version for name, version in of_folder(peers) if name in NAMED},
    }
