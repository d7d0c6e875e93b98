# SPDX-License-Identifier: Apache-2.0
"""Front: a botocore service model (JSON) to the IR."""

from botocore import xform_name

from . import ir

PROTOCOLS = {
    "rest-json": "kRestJson",
    "query": "kQuery",
    "rest-xml": "kRestXml",
    "smithy-rpc-v2-cbor": "kRpcV2Cbor",
    "aws-cbor": "kAwsCbor",
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
            protocol=self.protocol(meta, meta["protocol"]),
            is_global=is_global,
            also=[self.protocol(meta, p) for p in meta.get("protocols", []) if p != meta["protocol"]],
            query_compatible="awsQueryCompatible" in meta,
            bare_errors=meta.get("bareErrors", False),
            validation_code=meta.get("validationCode", ""),
            host_label=meta.get("hostLabel", ""),
            path_member=meta.get("pathMember", ""),
        )
        for name in sorted(model["operations"]):
            self.service.operations.append(self.operation(name, name in built, limits))
        self.tell_apart()
        self.read_errors()
        self.place_shapes()

    @staticmethod
    def protocol(meta, name) -> str:
        if name == "json":
            return "kJson10" if meta.get("jsonVersion") == "1.0" else "kJson11"
        return PROTOCOLS[name]

    def tell_apart(self) -> None:
        """Operations that share method and URI: the parameters they cannot be without decide."""
        if not self.service.protocol.startswith("kRest"):
            return
        shared: dict[tuple, list[ir.Operation]] = {}
        for op in self.service.operations:
            shared.setdefault((op.http_method, op.request_uri), []).append(op)
        for operations in shared.values():
            if len(operations) == 1:
                continue
            for op in operations:
                source = self.model["operations"][op.name].get("input")
                shape = self.model["shapes"][source["shape"]] if source else {}
                required = [shape["members"][name] | {"name": name} for name in shape.get("required", [])]
                names = {where: [m.get("locationName", m["name"]) for m in required
                                 if m.get("location") == where] for where in ("querystring", "header")}
                op.required_query = "&".join(names["querystring"])
                op.required_header = (names["header"] + [""])[0]

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
            unwrapped_output=op.get("unwrappedOutput", False),
            gzip_request="gzip" in op.get("requestcompression", {}).get("encodings", []),
        )
        if "kQuery" in self.service.also and "output" in op and not out.result_wrapper:
            out.result_wrapper = name + "Result"
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
            is_exception=source.get("exception", False),
            xml_name=source.get("locationName", ""),
        )
        namespace = source.get("xmlNamespace", "")
        if isinstance(namespace, dict):
            shape.xml_prefix = namespace.get("prefix", "")
            namespace = namespace["uri"]
        shape.xml_namespace = namespace
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
        return ir.Member(
            name=name,
            cpp_name=cpp_name(name),
            wire_name=member.get("locationName", name),
            shape=self.member_shape(structure, name, member),
            query_name=member.get("queryName", ""),
            location=LOCATIONS[member.get("location")],
            required=name in required,
            payload=structure.get("payload") == name,
            idempotency_token=member.get("idempotencyToken", False),
            flattened=member.get("flattened", False),
            xml_attribute=member.get("xmlAttribute", False),
            json_value=member.get("jsonvalue", False),
            event_header=member.get("eventheader", False),
            event_payload=member.get("eventpayload", False),
            time_format=TIME_FORMATS[member.get("timestampFormat")],
        )

    def member_shape(self, structure, name, member) -> ir.Shape:
        """The member's shape, or the stream that carries it in pieces."""
        source = self.model["shapes"][member["shape"]]
        if source.get("eventstream"):
            return self.stream(member["shape"] + "EventStream", "event_stream", member["shape"])
        if (member.get("streaming") or source.get("streaming")) and structure.get("payload") == name:
            return self.stream(member["shape"] + "ByteStream", "byte_stream", None)
        return self.shape(member["shape"])

    def stream(self, name, kind, element) -> ir.Shape:
        if name not in self.cache:
            self.cache[name] = ir.Shape(name=name, kind=kind)
            if element:
                self.cache[name].element = self.shape(element)
                self.cache[name].element.is_union = True
        return self.cache[name]

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
                    query_code=trait.get("code", "") if self.service.query_compatible else "",
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
