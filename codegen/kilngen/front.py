# SPDX-License-Identifier: Apache-2.0
"""Front: a botocore service model (JSON) to the IR."""

from botocore import xform_name

from . import ir

PROTOCOLS = {
    "rest-json": "kRestJson",
    "query": "kQuery",
    "rest-xml": "kRestXml",
    "smithy-rpc-v2-cbor": "kRpcV2Cbor",
}
LOCATIONS = {
    None: "body",
    "uri": "uri",
    "querystring": "query",
    "header": "header",
    "headers": "headers",
    "statusCode": "status_code",
}
TIME_FORMATS = {None: "", "iso8601": "iso8601", "rfc822": "http_date", "unixTimestamp": "unix"}
CPP_KEYWORDS = set(
    "alignas alignof and asm auto bool break case catch char class concept const constexpr continue "
    "decltype default delete do double else enum explicit export extern false float for friend goto "
    "if import inline int long module mutable namespace new noexcept not nullptr operator or private "
    "protected public register requires return short signed sizeof static struct switch template "
    "this throw true try typedef typename union unsigned using virtual void volatile while xor".split()
)


def cpp_name(name: str) -> str:
    snake = xform_name(name).replace("-", "_")
    return snake + "_" if snake in CPP_KEYWORDS else snake


def read_service(service_id, model, built, limits, is_global=False) -> ir.Service:
    """`built`: names of operations to generate structs for. `limits`: operation -> bytes, with
    "default"."""
    return _Front(service_id, model, built, limits, is_global).service


class _Front:
    def __init__(self, service_id, model, built, limits, is_global):
        self.model = model
        self.cache: dict[str, ir.Shape] = {}
        meta = model["metadata"]
        unknown = sorted(set(built) - set(model["operations"]))
        if unknown:
            raise ValueError(f"{service_id}: no such operation in the model: {', '.join(unknown)}")
        self.service = ir.Service(
            id=service_id,
            signing_name=meta.get("signingName", meta["endpointPrefix"]),
            endpoint_prefix=meta["endpointPrefix"],
            target_prefix=meta.get("targetPrefix", ""),
            api_version=meta["apiVersion"],
            xml_namespace=meta.get("xmlNamespace", ""),
            protocol=self.protocol(meta),
            is_global=is_global,
        )
        for name in sorted(model["operations"]):
            self.service.operations.append(self.operation(name, name in built, limits))
        self.read_errors()
        self.place_shapes()

    @staticmethod
    def protocol(meta) -> str:
        if meta["protocol"] == "json":
            return "kJson10" if meta.get("jsonVersion") == "1.0" else "kJson11"
        return PROTOCOLS[meta["protocol"]]

    def operation(self, name, built, limits) -> ir.Operation:
        op = self.model["operations"][name]
        http = op.get("http", {})
        out = ir.Operation(
            name=name,
            file=xform_name(name),
            http_method=http.get("method", "POST"),
            request_uri=http.get("requestUri", "/"),
            success_status=http.get("responseCode", 200),
            unsigned_allowed=op.get("authtype") == "none" or op.get("auth") == ["smithy.api#noAuth"],
            result_wrapper=op.get("output", {}).get("resultWrapper", ""),
            max_body_bytes=limits.get(name, limits["default"]),
            built=built,
        )
        if built and "input" in op:
            out.input = self.shape(op["input"]["shape"])
        if built and "output" in op:
            out.output = self.shape(op["output"]["shape"])
        return out

    def shape(self, name: str) -> ir.Shape:
        if name in self.cache:
            return self.cache[name]
        source = self.model["shapes"][name]
        kind = source["type"]
        if source.get("document"):
            kind = "document"
        shape = ir.Shape(
            name=name,
            kind={"character": "string"}.get(kind, kind),
            min=_integer(source.get("min")),
            max=_integer(source.get("max")),
            pattern=source.get("pattern", ""),
            enum=source.get("enum", []),
            sensitive=source.get("sensitive", False),
            is_union=source.get("union", False),
            time_format=TIME_FORMATS[source.get("timestampFormat")],
            flattened=source.get("flattened", False),
        )
        self.cache[name] = shape
        if shape.kind == "structure":
            required = set(source.get("required", []))
            for member_name, member in source["members"].items():
                shape.members.append(self.member(source, member_name, member, required))
        elif shape.kind == "list":
            shape.element = self.shape(source["member"]["shape"])
            shape.element_name = source["member"].get("locationName", "member")
        elif shape.kind == "map":
            shape.key = self.shape(source["key"]["shape"])
            shape.element = self.shape(source["value"]["shape"])
            shape.key_name = source["key"].get("locationName", "key")
            shape.value_name = source["value"].get("locationName", "value")
        return shape

    def member(self, structure, name, member, required) -> ir.Member:
        if member.get("jsonvalue") or member.get("eventstream"):
            raise NotImplementedError(f"member {name}: jsonvalue and eventstream are not supported")
        return ir.Member(
            name=name,
            cpp_name=cpp_name(name),
            wire_name=member.get("locationName", name),
            shape=self.shape(member["shape"]),
            location=LOCATIONS[member.get("location")],
            required=name in required,
            payload=structure.get("payload") == name,
            idempotency_token=member.get("idempotencyToken", False),
            flattened=member.get("flattened", False),
            xml_attribute=member.get("xmlAttribute", False),
            time_format=TIME_FORMATS[member.get("timestampFormat")],
        )

    def read_errors(self) -> None:
        query = self.service.protocol == "kQuery"
        for name, shape in sorted(self.model["shapes"].items()):
            if not shape.get("exception"):
                continue
            trait = shape.get("error", {})
            members = list(shape.get("members", {}))
            default_status = 500 if shape.get("fault") else 400
            self.service.errors.append(
                ir.ErrorShape(
                    name=name,
                    function=cpp_name(name),
                    code=trait.get("code", name) if query else name,
                    http_status=trait.get("httpStatusCode", default_status),
                    message_name=next((m for m in members if m.lower() == "message"), "message"),
                    has_type="Type" in members,
                )
            )

    def place_shapes(self) -> None:
        """Gives every shape to the one operation that uses it, or to all."""
        users: dict[str, set[str]] = {}
        order: dict[str, list[ir.Shape]] = {}
        for op in self.service.operations:
            order[op.name] = []
            visiting: list[ir.Shape] = []
            for root in (op.input, op.output):
                if root:
                    self.visit(root, visiting, order[op.name])
            for shape in order[op.name]:
                users.setdefault(shape.name, set()).add(op.name)
        placed: dict[str, list[ir.Shape]] = {"": []}
        seen: set[str] = set()
        for op in self.service.operations:
            for shape in order[op.name]:
                if shape.name in seen:
                    continue
                seen.add(shape.name)
                owner = "" if len(users[shape.name]) > 1 else op.name
                placed.setdefault(owner, []).append(shape)
        self.service.shapes = placed
        tags = {op.name for op in self.service.operations if op.built}
        clash = sorted(tags & {s.name for s in self.cache.values() if s.kind == "structure"})
        if clash:
            raise ValueError(f"{self.service.id}: operation and structure share a name: {clash}")

    def visit(self, shape, visiting, out) -> None:
        """Post-order, so that what a structure contains is complete before it."""
        if shape in out or any(s is shape for s in visiting):
            return
        visiting.append(shape)
        for member in shape.members:
            if any(s is member.shape for s in visiting):
                member.boxed = True
            self.visit(member.shape, visiting, out)
        for inner in (shape.key, shape.element):
            if inner:
                self.visit(inner, visiting, out)
        visiting.pop()
        out.append(shape)


def _integer(value):
    return None if value is None else int(value)
