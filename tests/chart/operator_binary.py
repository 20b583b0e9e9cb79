"""The operator as a program: what it prints about itself."""

import os
import re
import subprocess


def start(*arguments, environment=None):
    """Begins to run it; what it prints goes to a pipe."""
    command = [os.environ["TODOCHAT_OPERATOR_BIN"], *arguments]
    environment = {"PATH": os.environ["PATH"], **(environment or {})}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def prints(*arguments):
    """What it prints. It has to end well."""
    running = start(*arguments)
    out, complaint = running.communicate(timeout=30)
    assert running.returncode == 0, complaint
    return out


def flags_of_run():
    """The flags of `run`, and their defaults where they have one."""
    flags, name = {}, None
    for line in prints("run", "--help").splitlines():
        if found := re.match(r"\s+(?:-\w, )?--([a-z-]+)", line):
            name = found.group(1)
            flags[name] = None
        elif name and (default := re.search(r"\[default: (.*)\]", line)):
            flags[name] = default.group(1).strip('"')
    return flags
