# SPDX-License-Identifier: Apache-2.0
"""Probes of an operation, made from its model: a request that is right, and the same request wrong in
one place at a time.

A probe is data: parameters in the model's names (with values that no client library would send) and
what must come back. wire.py puts them on the wire.
"""

import copy
import dataclasses
import json
import pathlib
import re
import sys

import botocore.loaders
import botocore.model

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CODEGEN = ROOT / "codegen"
MAX_DEPTH = 4  # of members below the input
MAX_TEXT = 300_000  # a member that may be longer is not probed for its maximum
MAX_ITEMS = 1100
PROTOCOLS = ("rest-json", "json", "query")

# Values that some pattern asks for; the first that fits is taken.
CANDIDATES = [
    "probe", "probe-1", "/probe/", "v1", "123456789012", "123456", "us-east-1", "/mnt/probe", "AKIAPROBEPROBEPROBE1",
    "arn:aws:iam::000000000000:role/probe", "arn:aws:lambda:us-east-1:000000000000:function:probe",
    "arn:aws:lambda:us-east-1:000000000000:layer:probe:1",
    "arn:aws:lambda:us-east-1:000000000000:capacity-provider:probe",
    "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-12345678901234567",
    "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-12345678901234567",
    "arn:aws:lambda:us-east-1::runtime:0123456789", "lambda:GetLayerVersion", "lambda:InvokeFunction", "o-1234567890",
    "12345678-1234-1234-1234-123456789012", "a", "$LATEST", "s3://probe/probe", "https://localhost/probe",
]


@dataclasses.dataclass
class Probe:
    name: str  # "max:Tags.1.Key"
    operation: botocore.model.OperationModel
    parameters: object
    # "refused": the message must hold `text`; "type": refused for its form; "fine": taken, or refused for
    # anything but its form; "any": whatever it is, in order.
    expect: str = "fine"
    text: str = ""
    body: bytes | None = None  # instead of the parameters' own

    @property
    def id(self):
        return f"{self.operation.service_model.service_name} {self.operation.name} {self.name}"


def built_services():
    """The models of the built services as Kiln corrects them: {service: (model, [operation])}."""
    sys.path.insert(0, str(CODEGEN))
    try:
        from kilngen import patches
    finally:
        sys.path.pop(0)
    loader = botocore.loaders.Loader()
    corrections = patches.load(CODEGEN / "patches")
    services = {}
    for service, operations in json.loads((CODEGEN / "operations.json").read_text()).items():
        model = loader.load_service_model(service, "service-2")
        patches.apply(model, service, corrections)
        services[service] = (botocore.model.ServiceModel(model, service), operations)
    return services


def python_pattern(pattern):
    """A model's pattern (Java's dialect) as Python's, near enough to find a value that fits."""
    pattern = re.sub(r"\\u10000-\\u10FFFF", r"\\U00010000-\\U0010FFFF", pattern)
    for java, python in ((r"\p{L}", "a-zA-Z"), (r"\p{Z}", " "), (r"\p{N}", "0-9"), (r"\p{Alpha}", "a-zA-Z")):
        pattern = pattern.replace(java, python)
    return re.compile(pattern, re.ASCII)


def fits(shape, text):
    limits = shape.metadata
    if not limits.get("min", 0) <= len(text) <= limits.get("max", sys.maxsize):
        return False
    return "pattern" not in limits or python_pattern(limits["pattern"]).fullmatch(text) is not None


def is_number(shape):
    return shape.type_name in ("integer", "long", "float", "double")


def text_value(shape):
    if shape.metadata.get("enum"):
        return shape.metadata["enum"][0]
    least = shape.metadata.get("min", 0)
    arns = [text for text in CANDIDATES if text.startswith("arn:")] if "arn" in shape.name.lower() else []
    runtimes = ["provided.al2023"] if shape.name == "Runtime" else []  # their enum is taken out by a patch
    for text in [*runtimes, *arns, *CANDIDATES, "a" * least, "/" + "a" * least, "1" * least]:
        if fits(shape, text):
            return text
    return None


def value(shape, stack=()):
    """The smallest right value; None when none is known."""
    kind = shape.type_name
    if kind == "string":
        return text_value(shape)
    if is_number(shape):
        return max(shape.metadata.get("min", 1), min(1, shape.metadata.get("max", 1)))
    if kind in ("boolean", "blob", "timestamp"):
        return {"boolean": True, "blob": "eA==", "timestamp": 1767225600}[kind]
    if shape.name in stack:
        return [] if kind == "list" else {}
    stack = (*stack, shape.name)
    if kind == "list":
        item = value(shape.member, stack)
        return None if item is None else [copy.deepcopy(item) for _ in range(max(1, shape.metadata.get("min", 1)))]
    if kind == "map":
        key, item = value(shape.key, stack), value(shape.value, stack)
        if None in (key, item):
            return None
        return {key + "x" * n: copy.deepcopy(item) for n in range(max(1, shape.metadata.get("min", 1)))}
    made = {name: value(shape.members[name], stack) for name in shape.required_members}
    if not made and len(stack) > 1 and shape.members:  # an empty one does not show in a form
        name = next(iter(shape.members))
        made = {name: value(shape.members[name], stack)}
    return None if None in made.values() else made


def camel(name):
    return name[:1].lower() + name[1:]


def place(path):
    """The path as constraint messages write it: "tags.1.member.key"."""
    out = []
    for step in path:
        out += [str(step + 1), "member"] if isinstance(step, int) else [camel(step)]
    return ".".join(out)


def with_value(parameters, path, new):
    """A copy in which `path` holds `new`; what is missing on the way is made."""
    out = copy.deepcopy(parameters)
    at = out
    for step in path[:-1]:
        at = at[step]
    if new is MISSING:
        at.pop(path[-1], None)
    else:
        at[path[-1]] = new
    return out


MISSING = object()
WRONG_TYPE = {"string": {}, "integer": "x", "long": "x", "float": "x", "double": "x", "boolean": "x", "list": {"a": 1},
              "map": ["a"], "structure": ["a"], "timestamp": {}, "blob": {}}


class Maker:
    def __init__(self, operation):
        self.operation = operation
        self.protocol = operation.service_model.metadata["protocol"]
        self.probes = []

    def add(self, name, parameters, expect="fine", text="", body=None):
        self.probes.append(Probe(name, self.operation, parameters, expect, text, body))

    def all(self):
        shape = self.operation.input_shape
        base = value(shape) if shape else {}
        assert base is not None, f"{self.operation.name}: no right value is known, extend CANDIDATES"
        self.add("base", base)
        self.bodies(base)
        if shape:
            self.structure(shape, base, (), shape)
        return self.probes

    def bodies(self, base):
        """What is wrong with a body as a whole."""
        if self.protocol == "query":
            self.add("unknown", base | {"NoSuchMember": "x"})
            self.add("escape", base, "type", body=b"Action=" + self.operation.name.encode() + b"&A=%zz")
            return
        shape = self.operation.input_shape
        if shape is None or shape.serialization.get("payload"):
            return
        in_body = [m for m in shape.members.values() if "location" not in m.serialization]
        if self.protocol == "rest-json" and not in_body:
            return
        self.add("unknown", base | {"NoSuchMember": {"a": [1, None, "x"]}})
        self.add("empty", base, "any", body=b"")
        self.add("cut", base, "type", body=b'{"a":')
        self.add("list", base, "type", body=b"[]")
        self.add("utf8", base, "type", body=b'{"a":"\xff"}')
        self.add("deep", base, "type", body=b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}")

    def structure(self, shape, base, path, root):
        if len(path) > MAX_DEPTH:
            return
        for name, member in shape.members.items():
            here = (*path, name)
            location = member.serialization.get("location")
            if member.serialization.get("streaming") or root.serialization.get("payload") == name:
                continue
            right = value(member)
            required = name in shape.required_members
            if required and location != "uri":
                text = f"Value null at '{place(here)}' failed to satisfy constraint: Member must not be null"
                self.add(f"missing:{dotted(here)}", with_value(base, here, MISSING), "refused", text)
                if location is None and self.protocol != "query":
                    self.add(f"null:{dotted(here)}", with_value(base, here, None), "refused", text)
            elif location is None and self.protocol != "query" and right is not None:
                self.add(f"null:{dotted(here)}", with_value(base, here, None))
            if right is None:
                continue
            filled = with_value(base, here, right)
            if not required:
                self.add(f"with:{dotted(here)}", filled)
            self.member(member, filled, here, location, root)

    def member(self, shape, base, path, location, root):
        self.type(shape, base, path, location)
        kind = shape.type_name
        if kind == "string":
            self.text(shape, base, path, location)
        elif is_number(shape):
            self.number(shape, base, path)
        elif kind == "structure":
            if location is None:
                self.structure(shape, base, path, root)
        elif kind == "list":
            self.list(shape, base, path, root)
        elif kind == "map":
            self.map(shape, base, path)

    def type(self, shape, base, path, location):
        if location is None and self.protocol != "query":
            self.add(f"type:{dotted(path)}", with_value(base, path, WRONG_TYPE[shape.type_name]), "type")
        elif is_number(shape) or shape.type_name in ("boolean", "timestamp"):
            self.add(f"type:{dotted(path)}", with_value(base, path, "x"), "type")

    def constraint(self, kind, base, path, wrong, text):
        self.add(f"{kind}:{dotted(path)}", with_value(base, path, wrong), "refused",
                 f"at '{place(path)}' failed to satisfy constraint: {text}")

    def text(self, shape, base, path, location):
        limits = shape.metadata
        filler = "a"
        if limits.get("min", 0) > (1 if location == "uri" else 0):
            self.constraint("min", base, path, filler * (limits["min"] - 1),
                            f"Member must have length greater than or equal to {limits['min']}")
        if limits.get("max", MAX_TEXT) < MAX_TEXT and not (location == "uri" and limits["max"] > 8000):
            self.constraint("max", base, path, filler * (limits["max"] + 1),
                            f"Member must have length less than or equal to {limits['max']}")
        if limits.get("enum"):
            self.constraint("enum", base, path, "no-such-value", "Member must satisfy enum value set: [")
        wrong = next((t for t in ("!", "\N{SNOWMAN}", " ", "a b", "\x7f", "::", "*", "", "[]" * limits.get("min", 1))
                      if "pattern" in limits and not python_pattern(limits["pattern"]).fullmatch(t)
                      and (t.strip() or location is None)), None)
        if wrong is not None:
            wrong *= max(1, limits.get("min", 1))
            if not python_pattern(limits["pattern"]).fullmatch(wrong):
                self.constraint("pattern", base, path, wrong, "Member must satisfy regular expression pattern: ")

    def number(self, shape, base, path):
        for name, huge in (("31bits", 2**31), ("63bits", 2**63), ("double", 1e300), ("fraction", 0.5)):
            self.add(f"{name}:{dotted(path)}", with_value(base, path, huge), "any")
        for kind, offset, word in (("min", -1, "greater"), ("max", 1, "less")):
            limit = shape.metadata.get(kind)
            if limit is not None and -2**31 < limit + offset < 2**31:
                self.constraint(kind, base, path, limit + offset, f"Member must have value {word} than or equal to {limit}")

    def list(self, shape, base, path, root):
        limits, item = shape.metadata, value(shape.member, (shape.name,))
        if limits.get("min", 0) == 1 and "location" not in shape.serialization:
            self.constraint("min", base, path, [], "Member must have length greater than or equal to 1")
        if limits.get("max", MAX_ITEMS) < MAX_ITEMS:
            self.constraint("max", base, path, [copy.deepcopy(item) for _ in range(limits["max"] + 1)],
                            f"Member must have length less than or equal to {limits['max']}")
        if shape.member.type_name == "structure":
            self.structure(shape.member, base, (*path, 0), root)
        elif shape.member.type_name == "string" and item is not None:
            if self.protocol == "query":
                self.add(f"gap:{dotted(path)}", base | {f"{path[-1]}.member.9999999999999999999999": "x"}, "any")
            elif "location" not in shape.serialization:
                self.add(f"types:{dotted(path)}", with_value(base, path, [item, {"a": [item]}]), "type")
            wrong = wrong_text(shape.member)
            if wrong is not None:
                self.constraint("element", base, path, [wrong], "Member must satisfy constraint: [")

    def map(self, shape, base, path):
        key, item = value(shape.key), value(shape.value)
        wrong_key = wrong_text(shape.key)
        if wrong_key is not None:
            self.constraint("key", base, path, {wrong_key: item}, "Map keys must satisfy constraint: [")
        if shape.value.type_name == "string" and (wrong := wrong_text(shape.value)) is not None:
            self.constraint("value", base, path, {key: wrong}, "Map value must satisfy constraint: [")


def wrong_text(shape):
    limits = shape.metadata
    if limits.get("enum"):
        return "no-such-value"
    if limits.get("max", MAX_TEXT) < MAX_TEXT:
        return "a" * (limits["max"] + 1)
    return next((t for t in ("!", "\N{SNOWMAN}") if "pattern" in limits
                 and not python_pattern(limits["pattern"]).fullmatch(t)), None)


def dotted(path):
    return ".".join(str(step) for step in path)


def probes_of(operation):
    """Every probe of one operation, each name once."""
    found = {}
    for probe in Maker(operation).all():
        found.setdefault(probe.name, probe)
    return list(found.values())
