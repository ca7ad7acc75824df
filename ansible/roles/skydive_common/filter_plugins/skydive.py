# SPDX-License-Identifier: Apache-2.0
"""Filters of the Skydive roles. They run on the controller and need what Ansible itself needs."""

import ast
import re

import yaml

from ansible.errors import AnsibleFilterError

QUOTING = (
    "pass it as JSON: -e '{\"skydive_extra_config\": {\"logging.level\": \"DEBUG\"}}', "
    "or quote the dictionary once more: -e \"skydive_extra_config=\\\"{'logging.level': 'DEBUG'}\\\"\""
)


def plain(value):
    """The value in Python's own types: Ansible's texts and maps carry marks that YAML writers refuse."""
    if isinstance(value, dict):
        return {plain(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        return "".join(value)
    return value


def extra_config(value):
    """`skydive_extra_config` in any form that Ansible hands on, as a dictionary of dotted names."""
    value = plain(value)
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        value = _dictionary_of(value.strip())
    if not isinstance(value, dict):
        raise AnsibleFilterError(
            "skydive_extra_config: a dictionary of keys is needed, this is a %s; %s"
            % (type(value).__name__, QUOTING)
        )
    for key in value:
        if not isinstance(key, str) or not all(key.split(".")):
            raise AnsibleFilterError("skydive_extra_config: %r is no dotted name of a key" % (key,))
    return value


def _dictionary_of(text):
    if text.startswith("{") and not text.endswith("}"):
        raise AnsibleFilterError(
            "skydive_extra_config: only %s arrived, Ansible cut it at its first space; %s" % (text, QUOTING)
        )
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        pass
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = getattr(error, "problem", None) or "it is no YAML"
        raise AnsibleFilterError("skydive_extra_config: %s; %s" % (reason, QUOTING)) from None


class Keys:
    """The keys that the configuration knows; `*` in one stands for any name."""

    def __init__(self, keys):
        self.types = {}
        self.secret = []
        self.sections = set()
        for key in keys:
            names = tuple(key["key"].split("."))
            self.types[names] = key["type"]
            if key.get("secret"):
                self.secret.append(names)
            for length in range(1, len(names)):
                self.sections.add(names[:length])

    @staticmethod
    def _covers(pattern, names):
        return len(pattern) == len(names) and all(p in ("*", n) for p, n in zip(pattern, names))

    def type_of(self, names):
        if names in self.types:
            return self.types[names]
        for pattern, kind in self.types.items():
            if self._covers(pattern, names):
                return kind
        return None

    def is_section(self, names):
        return any(self._covers(pattern, names) for pattern in self.sections)

    def is_secret(self, names):
        return any(
            self._covers(pattern, names[: len(pattern)]) for pattern in self.secret if len(pattern) <= len(names)
        )

    def split(self, path):
        """`auth.api.users.john.doe` → (auth, api, users, john.doe): names inside a map may hold dots."""
        names = tuple(path.split("."))
        for length in range(1, len(names)):
            if self.type_of(names[:length]) in ("map", "any"):
                return names[:length] + (".".join(names[length:]),)
        return names

    def nearest(self, path):
        own = path.split(".")
        best, least = None, max(2, len(path) // 4) + 1
        for pattern in list(self.types) + list(self.sections):
            names = [own[i] if n == "*" and i < len(own) else n for i, n in enumerate(pattern)]
            candidate = ".".join(names)
            if abs(len(candidate) - len(path)) < least:
                distance = edit_distance(path, candidate)
                if distance < least:
                    best, least = candidate, distance
        return best


def edit_distance(a, b):
    """Insertions, deletions, replacements and swaps of neighbours from one word to another."""
    before, previous = [], list(range(len(b) + 1))
    for row in range(1, len(a) + 1):
        current = [row]
        for column in range(1, len(b) + 1):
            cost = 0 if a[row - 1] == b[column - 1] else 1
            least = min(current[column - 1] + 1, previous[column] + 1, previous[column - 1] + cost)
            if row > 1 and column > 1 and a[row - 1] == b[column - 2] and a[row - 2] == b[column - 1]:
                least = min(least, before[column - 2] + 1)
            current.append(least)
        before, previous = previous, current
    return previous[-1]


ELEMENT = re.compile(r"^(.+)\[(\d+)\]$")


def settings(base, extra, keys):
    """The role's settings with the extra keys laid over them: sections are merged, values and maps replaced."""
    known = Keys(keys)
    result = plain(base) or {}

    def lay(names, value):
        if isinstance(value, dict) and known.is_section(names) and known.type_of(names) is None:
            for name, inner in value.items():
                lay(names + (str(name),), inner)
            return
        section = result
        for name in names[:-1]:
            if not isinstance(section.get(name), dict):
                section[name] = {}
            section = section[name]
        secret = names[-1][: -len("_file")] if names[-1].endswith("_file") else ""
        if secret and value is not None and known.is_secret(names[:-1] + (secret,)):
            # The program refuses a secret that stands in the configuration and in a file.
            section.pop(secret, None)
        element = ELEMENT.match(names[-1])
        if element and isinstance(section.get(element.group(1)), list):
            entries = section[element.group(1)]
            index = int(element.group(2))
            if index >= len(entries):
                raise AnsibleFilterError(
                    "skydive_extra_config: %s: the list has %d entries" % (".".join(names), len(entries))
                )
            entries[index] = value
        elif value is None:
            section.pop(names[-1], None)
        else:
            section[names[-1]] = value

    for path, value in extra_config(extra).items():
        lay(known.split(path), value)
    return result


def unknown_keys(extra, keys):
    """A sentence for each extra key that the configuration does not know."""
    known = Keys(keys)
    found = []

    def visit(names, value):
        path = ".".join(names)
        if any(known.type_of(names[:length]) in ("map", "any") for length in range(1, len(names) + 1)):
            return
        element = ELEMENT.match(names[-1])
        bare = names[:-1] + (element.group(1),) if element else names
        if known.type_of(bare):
            return
        if known.is_section(names) and isinstance(value, dict):
            for name, inner in value.items():
                visit(names + (str(name),), inner)
            return
        meant = known.nearest(path)
        found.append(
            "skydive_extra_config: the configuration knows no key %s%s"
            % (path, "; is %s meant?" % meant if meant else "")
        )

    for path, value in extra_config(extra).items():
        visit(known.split(path), value)
    return found


def changes(after, before, keys):
    """What differs between two configurations, a line a key, secrets masked. `before` is YAML text, maybe empty."""
    known = Keys(keys)
    try:
        old = yaml.safe_load(plain(before) or "") or {}
    except yaml.YAMLError:
        return ["the file on the host is no YAML and is replaced"]
    old, new = dict(_leaves(old, known)), dict(_leaves(plain(after), known))
    lines = []
    for names in sorted(set(old) | set(new), key=lambda names: tuple(map(str, names))):
        if old.get(names) == new.get(names) and (names in old) == (names in new):
            continue
        was, now = ("absent" if names not in tree else repr(tree[names]) for tree in (old, new))
        if known.is_secret(names):
            was, now = ("absent" if names not in tree else "(secret)" for tree in (old, new))
        lines.append("%s: %s -> %s" % (".".join(map(str, names)), was, now))
    return lines


def _leaves(tree, known, names=()):
    if not isinstance(tree, dict):
        yield names, tree
        return
    for name, value in tree.items():
        yield from _leaves(value, known, names + (name,))


def nic_address(facts, nic):
    """The first IPv4 address of an interface, by its name or that of its fact; empty without one."""
    name = re.sub(r"^ansible_", "", str(nic))
    for fact in (name, re.sub(r"[-.:]", "_", name)):
        interface = facts.get(fact)
        if isinstance(interface, dict) and interface.get("ipv4"):
            return interface["ipv4"].get("address", "")
    return ""


ANY = ("0.0.0.0", "::", "[::]")


def host_address(variables, role=""):
    """How other hosts reach this one; `role` is `analyzer` where `skydive_analyzer_ip` counts. Empty: unknown."""
    names = ["skydive_analyzer_ip"] if role == "analyzer" else []
    for name in names + ["skydive_listen_ip"]:
        address = variables.get(name)
        if address and address not in ANY:
            return str(address).strip("[]")
    facts = variables.get("ansible_facts") or {}
    if variables.get("skydive_nic"):
        return nic_address(facts, variables["skydive_nic"])
    return (facts.get("default_ipv4") or {}).get("address", "")


def listen_address(variables, role=""):
    """The address a host listens on."""
    names = ["skydive_analyzer_ip"] if role == "analyzer" else []
    for name in names + ["skydive_listen_ip"]:
        if variables.get(name):
            return str(variables[name]).strip("[]")
    return host_address(variables, role)


def with_port(address, port):
    """`address:port`, an IPv6 address in brackets."""
    return "%s:%d" % ("[%s]" % address if ":" in address else address, int(port))


SKELETON = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", "COMMIT"]


def iptables_file(text, rules):
    """What iptables-save would write, with these rules first in INPUT instead of those that are marked `Skydive: `."""
    lines = [line for line in plain(text).splitlines() if '--comment "Skydive: ' not in line]
    wanted = []
    for rule in plain(rules):
        source = " -s %s/32" % rule["source"] if "source" in rule else ""
        wanted.append(
            '-A INPUT%s -p %s -m %s --dport %d -m comment --comment "%s" -j ACCEPT'
            % (source, rule["protocol"], rule["protocol"], int(rule["port"]), rule["comment"])
        )
    if wanted and "*filter" not in lines:
        lines += SKELETON
    if lines == SKELETON and not wanted:
        return ""
    if wanted:
        at = lines.index("*filter") + 1
        while lines[at].startswith((":", "#")):
            at += 1
        lines[at:at] = wanted
    return "".join(line + "\n" for line in lines)


class FilterModule:
    """What the roles use."""

    def filters(self):
        return {
            "skydive_extra_config": extra_config,
            "skydive_settings": settings,
            "skydive_unknown_keys": unknown_keys,
            "skydive_changes": changes,
            "skydive_nic_address": nic_address,
            "skydive_host_address": host_address,
            "skydive_listen_address": listen_address,
            "skydive_with_port": with_port,
            "skydive_iptables_file": iptables_file,
        }
